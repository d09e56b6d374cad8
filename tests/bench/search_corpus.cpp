#include "tests/bench/search_corpus.h"

#include <QHash>
#include <algorithm>
#include <cmath>

namespace sotto::bench {

namespace {

constexpr int kVocabularySize = 30000;

// Everyday words, roughly by frequency.
const char *const kSpacedLanguages[] = {
    "the I to you a and it is in that of for on we me my are not have this be do so was but what just with can at will "
    "no your all if like get know good when up how there out go they think one about see yes now time really time from "
    "love would here going want some today right tomorrow come need back home he too work well thanks sorry maybe "
    "still "
    "tonight later morning great something meeting people already never night before week other people make because "
    "train station dinner lunch weekend children picture question answer project holiday birthday Wednesday airport",
    "ich du die der und das ist nicht ja zu in wir es so ein mir auch mal was dann aber noch ist hab für mit auf heute "
    "wie war schon morgen kann jetzt wenn bin da den nur gut hast von doch bei bis immer wieder nach habe machen "
    "gerade "
    "vielleicht können müssen schön Grüße natürlich später Straße größer über früh zurück wäre danke bitte wirklich "
    "Abend Wochenende Bahnhof Geburtstag Besprechung einkaufen Schlüssel Wohnung Küche Frühstück spazieren "
    "Öffnungszeit",
    "que de no a la el y en lo es un me por te se con si para una los mi ya pero más está muy como todo bien yo hay "
    "qué "
    "le su tu las al cuando gracias hoy mañana también ahora porque tengo vamos puede casa nada algo aquí voy día "
    "hacer "
    "después siempre entonces trabajo quiero tiempo noche bueno creo sabes verdad mejor nunca semana cumpleaños niño "
    "reunión estación comida corazón música película fotografía cuánto todavía además próximo señora montaña español",
    "я и не в на что ты с это а как но у мы меня все да так по он за же к мне то есть уже тебя еще только если нет был "
    "для от вот или когда ещё сейчас бы тебе завтра сегодня хорошо можно надо будет очень там спасибо потом может где "
    "просто давай знаю вечером утром дома нужно привет сколько почему больше время работа хочу люблю конечно ничего "
    "поезд вокзал встреча день рождения выходные ребёнок вопрос ответ проект погода магазин деньги дорога самолёт ёлка",
    "في من على أن ما لا هذا إلى يا مع هل كل عن انا انت كان هو التي الذي بعد لم الله اليوم غدا لو شي كيف قد هي بس اذا "
    "شكرا نعم الآن ليس عند أو حتى كنت كم مرة البيت العمل صباح الخير مساء أين متى لماذا يوم عندما أريد أعرف إن شاء "
    "السلام عليكم وعليكم حبيبي تمام طيب ممكن جدا كثير قليل الوقت الصورة السيارة المدينة الطريق الأسبوع القادم موعد "
    "مدرسة جامعة مستشفى مطعم قهوة عشاء غداء عائلة أصدقاء سؤال جواب مشروع اجتماع رسالة هاتف مكتب كتاب مُهِمّ قلمٌ",
    "나 너 그 저 이거 진짜 지금 오늘 내일 그냥 왜 뭐 우리 좀 많이 같이 너무 있어 없어 했어 할게 가자 어디 언제 여기 "
    "거기 "
    "정말 아니 그래 알겠어 고마워 미안해 사랑해 괜찮아 좋아 싫어 먹었어 밥 집에 학교 회사 친구 사람 시간 내가 네가 "
    "나도 "
    "안녕하세요 감사합니다 그런데 그리고 하지만 그러면 일요일 월요일 화요일 수요일 목요일 금요일 토요일 회의 사진 질문 "
    "대답 "
    "생일 주말 아침 점심 저녁 커피 영화 음악 기차 역에서 버스 공항 여행 가족 아이들 선생님 병원 은행 도서관 비가 "
    "날씨가",
};

const char *const kChineseCommon = "的 是 我 不 了 你 我们 在 有 这个 他 好 就 都 说 要 去 吗 也 人 会 到 没有 什么 "
                                   "可以 今天 明天 现在 知道 觉得 时候 一个 大家 因为 "
                                   "所以 但是 如果 已经 还是 应该 真的 谢谢 对不起 没关系 晚上 早上 下午 回家 上班 "
                                   "下班 吃饭 睡觉 朋友 公司 学校 老师 时间 问题 工作 "
                                   "电话 手机 照片 北京 上海 中国 地铁 火车站 机场 飞机 开会 周末 生日快乐 孩子 妈妈 "
                                   "爸爸 喜欢 开心 天气 下雨 咖啡 晚饭 午饭 电影 音乐";
const QString kChineseCharacters = QStringLiteral("一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能"
                                                  "而子那得于着下自之年过发后作里用道行所然家种事成方多经么去"
                                                  "法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从"
                                                  "想实日军者意无力它与长把机十民第公此已工使情明性知全三又关"
                                                  "点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新"
                                                  "己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通"
                                                  "教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女"
                                                  "变四神总何电数安少报才结反受目太量再感建务做接必场件计管期"
                                                  "市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却"
                                                  "界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死"
                                                  "张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔早晚饭吃喝"
                                                  "睡累忙闲笑哭爱恨猫狗鱼鸟花草树河湖雨雪风云春夏秋冬红黄蓝绿");
const char *const kJapaneseCommon = "私 今日 明日 ありがとう すみません お願いします 大丈夫 です ます した それ これ "
                                    "あれ ここ そこ 何 時間 電車 駅 仕事 会社 学校 家 友達 "
                                    "ごはん 食べる 飲む 行く 来る 見る 帰る 寝る 起きる 思う 分かる ちょっと とても "
                                    "すごい かわいい 楽しい 嬉しい 忙しい 写真 映画 音楽 "
                                    "誕生日 週末 朝 昼 夜 昨日 来週 先生 子供 お母さん お父さん 天気 雨 コーヒー "
                                    "レストラン バス タクシー メッセージ スマホ パソコン 東京 大阪";
const QString kJapaneseCharacters = QStringLiteral(
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電"
    "校語土木聞食車"
    "何南万毎白天母火右読友左休父雨かきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんが"
    "ぎぐげござじずぜぞ"
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロワンガギグゲゴダデドバビブベボー");

QStringList wordsOf(const char *text) { return QString::fromUtf8(text).split(QChar::Space, Qt::SkipEmptyParts); }

double uniform(std::mt19937_64 &random) { return double(random() >> 11) * 0x1.0p-53; }
int below(std::mt19937_64 &random, int bound) { return int(random() % std::uint64_t(bound)); }

/// Words that look like `examples`: each letter follows the two before it as it does there.
QString spelledLike(const QHash<QString, QString> &followers, std::mt19937_64 &random)
{
    QString word = QStringLiteral("^^");
    while (word.size() < 14) {
        const QString next = followers.value(word.right(2));
        const QChar letter = next.at(below(random, int(next.size())));
        if (letter == QLatin1Char('$'))
            break;
        word += letter;
    }
    return word.mid(2);
}

} // namespace

Vocabulary::Vocabulary(const QStringList &common, const QString &characters, int size, std::mt19937_64 &random)
{
    m_words.assign(common.begin(), common.end());
    QHash<QString, QString> followers;
    for (const QString &word : common) {
        const QString framed = QStringLiteral("^^") + word + QLatin1Char('$');
        for (qsizetype i = 2; i < framed.size(); ++i)
            followers[framed.mid(i - 2, 2)] += framed.at(i);
    }
    while (int(m_words.size()) < size) {
        if (characters.isEmpty()) {
            m_words.push_back(spelledLike(followers, random));
            continue;
        }
        QString word;
        for (int length = 1 + below(random, 3); length > 0; --length) {
            // squared: the first characters of the list are the commoner ones; a few from the whole block
            const double place = uniform(random) * uniform(random);
            word += uniform(random) < 0.1 ? QChar(char16_t(0x4e00 + below(random, 6000)))
                                          : characters.at(int(place * double(characters.size())));
        }
        m_words.push_back(word);
    }
    double sum = 0;
    for (std::size_t rank = 0; rank < m_words.size(); ++rank)
        m_cumulative.push_back(sum += 1.0 / std::pow(double(rank) + 2.7, 1.05));
}

const QString &Vocabulary::draw(std::mt19937_64 &random) const
{
    const double point = uniform(random) * m_cumulative.back();
    const auto found = std::lower_bound(m_cumulative.begin(), m_cumulative.end(), point);
    return m_words[std::size_t(found - m_cumulative.begin())];
}

Corpus::Corpus(std::uint64_t seed) : m_random(seed)
{
    for (const char *const language : kSpacedLanguages)
        m_spaced.emplace_back(wordsOf(language), QString(), kVocabularySize, m_random);
    m_unspaced.emplace_back(wordsOf(kChineseCommon), kChineseCharacters, kVocabularySize, m_random);
    m_unspaced.emplace_back(wordsOf(kJapaneseCommon), kJapaneseCharacters, kVocabularySize, m_random);
}

QString Corpus::spaced(const Vocabulary &words)
{
    // log-normal: many short answers, few long stories; about nine words on average
    const double normal = std::sqrt(-2 * std::log(1 - uniform(m_random))) * std::cos(6.283185307 * uniform(m_random));
    const int count = std::clamp(int(std::exp(1.8 + 0.85 * normal)), 1, 200);
    QString text;
    for (int i = 0; i < count; ++i) {
        if (i > 0)
            text += below(m_random, 9) == 0 ? QStringLiteral(", ") : QStringLiteral(" ");
        text += words.draw(m_random);
    }
    text[0] = text.at(0).toUpper();
    static const QStringList ends{QString(), QString(), QStringLiteral("."), QStringLiteral("?"), QStringLiteral("!")};
    return text + ends.at(below(m_random, int(ends.size())));
}

QString Corpus::unspaced(const Vocabulary &words, const QStringList &particles, const QString &end)
{
    const double normal = std::sqrt(-2 * std::log(1 - uniform(m_random))) * std::cos(6.283185307 * uniform(m_random));
    const int count = std::clamp(int(std::exp(1.7 + 0.8 * normal)), 1, 150);
    QString text;
    for (int i = 0; i < count; ++i) {
        text += words.draw(m_random);
        if (!particles.isEmpty() && i + 1 < count)
            text += particles.at(below(m_random, int(particles.size())));
        else if (i + 1 < count && below(m_random, 6) == 0)
            text += QStringLiteral("，");
    }
    return text + end;
}

QString Corpus::next()
{
    static const QStringList particles{QStringLiteral("は"), QStringLiteral("の"), QStringLiteral("に"),
                                       QStringLiteral("を"), QStringLiteral("が"), QStringLiteral("、")};
    static const QStringList emoji{QStringLiteral("😀"), QStringLiteral("😂"), QStringLiteral("❤️"),
                                   QStringLiteral("👍🏽"), QStringLiteral("🎉")};
    const int language = below(m_random, 8);
    QString text;
    if (language == 6)
        text = unspaced(m_unspaced[0], {}, QStringLiteral("。"));
    else if (language == 7)
        text = unspaced(m_unspaced[1], particles, QString());
    else
        text = spaced(m_spaced[std::size_t(language)]);
    switch (below(m_random, 30)) {
    case 0: return text + QStringLiteral(" https://example.org/") + QString::number(m_random() >> 20, 36);
    case 1:
        return text
            + QStringLiteral(" %1:%2").arg(below(m_random, 24)).arg(below(m_random, 60), 2, 10, QLatin1Char('0'));
    case 2: return text + QLatin1Char(' ') + emoji.at(below(m_random, int(emoji.size())));
    default: return text;
    }
}

} // namespace sotto::bench
