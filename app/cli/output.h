#pragma once
#include "app/cli/exit_code.h"
#include "core/base/bytes.h"

#include <QJsonObject>
#include <QString>
#include <functional>

namespace sotto {

/// Where a command's answer goes: lines for people, or with --json one object a line and nothing else.
class Output {
public:
    enum class Form { Text, Json };
    /// `out` takes whole lines for standard output, `err` for standard error.
    Output(Form form, std::function<void(const Bytes &)> out, std::function<void(const Bytes &)> err);
    /// On this process's standard output and error.
    static Output standard(Form form);

    /// The answer in both forms: `object` with --json, `lines` else.
    void answer(const QJsonObject &object, const QString &lines);
    /// A word to a person at the terminal; nothing with --json.
    void remark(const QString &line);
    /// Whether people see the answer, as far as the place it goes to can tell.
    bool isTerminal() const { return m_isTerminal; }
    /// Says what went wrong, and gives the exit code for it.
    ExitCode fail(const Error &error);
    /// The same with an exit code of its own.
    ExitCode fail(const Error &error, ExitCode code);

private:
    Form m_form;
    bool m_isTerminal = false;
    std::function<void(const Bytes &)> m_out;
    std::function<void(const Bytes &)> m_err;
};

} // namespace sotto
