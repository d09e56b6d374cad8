#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/messaging/receipts/receipt_timing.h"

#include <QObject>
#include <functional>
#include <vector>

namespace sotto {

class DeviceDirectory;
class ReadMarks;
struct DueReceipt;
struct Storage;

/// Sends the receipts that we owe: cumulative, one per account, after 1 to 5 s, by the first connected own desktop in
/// log order; the others wait kSiblingWait longer and stay silent when its transcript came. Core thread.
class ReceiptService : public QObject {
    Q_OBJECT
public:
    /// `wakePump` is called after a receipt went into the outbox; all outlive the service.
    ReceiptService(Storage &storage, DeviceDirectory &directory, ReadMarks &reads, Clock &clock, Random &random,
                   const DeviceAddress &self, std::function<void()> wakePump);

    /// Whether reading is told; delivery always is.
    void setTellsRead(bool tells) { m_tellsRead = tells; }
    bool tellsRead() const { return m_tellsRead; }
    /// The own devices that are connected now, as the relay says.
    void setConnectedDevices(std::vector<DeviceId> devices) { m_connected = std::move(devices); }
    /// The person has seen everything in the conversation (ReadMarks::look()); owes a receipt without waiting, where
    /// reading is told. In no transaction. NotFound.
    Result<Done> markRead(const ConversationId &conversation);
    /// Receipts may have become due.
    void plan();

private:
    void sendDue();
    Result<bool> send(const DueReceipt &due);
    Result<content::Receipt> receiptFor(const DueReceipt &due);
    bool isFirstConnected();

    Storage &m_storage;
    DeviceDirectory &m_directory;
    ReadMarks &m_reads;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    std::function<void()> m_wakePump;
    Timer m_timer;
    std::vector<DeviceId> m_connected;
    bool m_tellsRead = true;
};

} // namespace sotto
