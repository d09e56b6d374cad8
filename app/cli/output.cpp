#include "app/cli/output.h"

#include "app/cli/json_values.h"
#include "app/cli/sentences.h"

#include <QJsonDocument>
#include <cstdio>
#include <unistd.h>

namespace sotto {

namespace {

void writeTo(std::FILE *file, const Bytes &line)
{
    std::fwrite(line.constData(), 1, std::size_t(line.size()), file);
    std::fflush(file);
}

} // namespace

Output::Output(Form form, std::function<void(const Bytes &)> out, std::function<void(const Bytes &)> err)
    : m_form(form), m_out(std::move(out)), m_err(std::move(err))
{ }

Output Output::standard(Form form)
{
    Output output(
        form, [](const Bytes &line) { writeTo(stdout, line); }, [](const Bytes &line) { writeTo(stderr, line); });
    output.m_isTerminal = ::isatty(STDOUT_FILENO) == 1;
    return output;
}

void Output::answer(const QJsonObject &object, const QString &lines)
{
    if (m_form == Form::Json)
        m_out(QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n');
    else if (!lines.isEmpty())
        m_out(lines.toUtf8() + '\n');
}

void Output::remark(const QString &line)
{
    if (m_form == Form::Text)
        m_err(line.toUtf8() + '\n');
}

ExitCode Output::fail(const Error &error) { return fail(error, exitCodeOf(error.code)); }

ExitCode Output::fail(const Error &error, ExitCode code)
{
    if (m_form == Form::Json)
        m_out(QJsonDocument(errorJson(error)).toJson(QJsonDocument::Compact) + '\n');
    else
        m_err("sotto-cli: " + sentenceOf(error).toUtf8() + '\n');
    return code;
}

} // namespace sotto
