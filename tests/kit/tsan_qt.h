#pragma once
#include <QCoreApplication>

namespace sotto::kit {

/// The application of a test binary, and of sotto-relay in preset tsan. Under ThreadSanitizer it makes Qt's way between
/// threads visible: the system's Qt is not instrumented, so a queued call looks like a race with all its sender wrote.
/// Sending a queued call, event or signal counts as a release, delivering one as an acquire (tsan_qt.cpp); all else is
/// still watched.
class TestApplication final : public QCoreApplication {
public:
    using QCoreApplication::QCoreApplication;
#ifdef __SANITIZE_THREAD__
    bool notify(QObject *receiver, QEvent *event) override;
#endif
};

} // namespace sotto::kit
