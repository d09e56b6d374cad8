#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "tests/kit/tampering_transport.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace sotto::kit {

/// What befalls a copy of mail on its last stretch, each by its own chance from 0 to 1.
struct MailFaults {
    double drop = 0;      ///< lost for good; the relay behind takes it for acknowledged
    double duplicate = 0; ///< comes a second time at once
    double delay = 0;     ///< comes up to `longestDelay` later, behind others: this is also what reorders
    double replay = 0;    ///< an older copy for the same desktop comes again with it
    double alter = 0;     ///< one bit of ciphertext, sealed sender or payload is turned, and the true copy is lost
    double misdate = 0;   ///< the relay's time on it is up to ten years off
    Milliseconds longestDelay = std::chrono::hours(2);
};

/// A relay that lies to the desktops whose lines it has taken, while an honest one works behind it: by script, per
/// request, answer and copy of mail, and by chance. Scripts come before chance; later scripts replace earlier ones.
/// It can do what the owner of a relay can, and knows no more. Ends before the people whose lines it took. One thread.
class MaliciousRelay {
public:
    /// How often each thing was done, so that a story can see that it was played.
    struct Deeds {
        int dropped = 0;
        int duplicated = 0;
        int delayed = 0;
        int replayed = 0;
        int altered = 0;
        int misdated = 0;
        int requestsLost = 0;
        int answersLost = 0;
    };

    /// `random` decides what is left to chance, `clock` when the delayed comes.
    MaliciousRelay(Clock &clock, Random &random);
    ~MaliciousRelay();

    /// From now on this desktop's frames pass through this relay's hands; what the line did before is replaced. Whose
    /// mail is to be lost or held back is taken before it connects: the relay must know what it has acknowledged.
    void takes(Tampering &line);
    /// Everything that was held back is due: it comes now, or when its desktop connects.
    void hurries();

    void befalls(MailFaults faults) { m_faults = faults; }
    /// Chances that a request, or an answer, gets lost on the way.
    void losesRequests(double requests, double answers)
    {
        m_loseRequest = requests;
        m_loseAnswer = answers;
    }
    /// What becomes of a copy: none, others or several. What is left out is not acknowledged and comes again.
    using MailScript = std::function<std::vector<wire::Envelope>(wire::Envelope)>;
    void onMail(MailScript script) { m_mailScript = std::move(script); }
    /// May change a request on its way to the honest relay; false loses it.
    using RequestScript = std::function<bool(wire::RequestBody &)>;
    void onRequest(RequestScript script) { m_requestScript = std::move(script); }
    /// May change the answer to a request; false loses it.
    using AnswerScript = std::function<bool(const wire::RequestBody &asked, wire::ResponseBody &answer)>;
    void onAnswer(AnswerScript script) { m_answerScript = std::move(script); }
    /// May change anything else the relay says (Hello cannot be changed without its key); false loses it.
    using WordScript = std::function<bool(wire::Frame &)>;
    void onWord(WordScript script) { m_wordScript = std::move(script); }

    /// The device logs of these accounts stay for its desktops as they have them; what it hid before comes to light.
    void hidesLogs(std::set<AccountId> accounts) { m_hiddenLogs = std::move(accounts); }

    const Deeds &deeds() const { return m_deeds; }

private:
    struct Line;
    std::vector<wire::Frame> fromClient(Line &line, wire::Frame frame);
    std::vector<wire::Frame> toClient(Line &line, wire::Frame frame);
    void hideLog(const wire::RequestBody &asked, wire::ResponseBody &answer) const;
    std::vector<wire::Envelope> befall(Line &line, const wire::Envelope &honest);
    void keep(Line &line, wire::Envelope envelope, Milliseconds delay);
    void deliverHeld(Line &line);
    bool happens(double chance);
    std::uint64_t below(std::uint64_t bound);
    wire::Envelope altered(wire::Envelope envelope);

    Clock &m_clock;
    Random &m_random;
    MailFaults m_faults;
    double m_loseRequest = 0;
    double m_loseAnswer = 0;
    std::set<AccountId> m_hiddenLogs;
    MailScript m_mailScript;
    RequestScript m_requestScript;
    AnswerScript m_answerScript;
    WordScript m_wordScript;
    Deeds m_deeds;
    std::map<Tampering *, std::unique_ptr<Line>> m_lines;
};

} // namespace sotto::kit
