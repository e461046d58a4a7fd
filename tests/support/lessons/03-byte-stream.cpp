// Lesson 03: what goes wrong when send takes only part of the bytes.

#include "../causes.hpp"
#include "../signs.hpp"

namespace harness {
namespace {

constexpr std::string_view row_gone = "the server spins, or waits, when the client has gone";

// Without faults the system takes only part when many bytes are on their way.
bool short_send_loses(const Evidence& e) {
    const bool short_sends = with_fault(e, "send:short");
    return server(e) &&
           ((short_sends && (cut(e) || hole(e))) || (hole(e) && e.expected.size() > 65536));
}

// As when the client has gone for good.
bool all_sends_fail(const Evidence& e) { return server(e) && with_fault(e, "send:EPIPE"); }

const std::vector<Rule> rules = {
    {"tries-a-failed-send-again", Basis::deeds, row_gone,
     [](const Evidence& e) { return server(e) && fails_again_and_again(e, {"send"}); },
     "a send failed, and the program tries it again and again. A failed send takes no byte, nor "
     "will the next one: return false at once, so that the caller leaves its loop."},
    {"goes-on-after-a-failed-send", Basis::shape, row_gone,
     [](const Evidence& e) { return all_sends_fail(e) && open_end(e); },
     "no send succeeds any more, and the program goes on with this client. Let your function "
     "return false when a send fails, and leave the loop of the conversation then."},
    {"resent-from-start", Basis::shape, "`helhello` comes back",
     [](const Evidence& e) { return server(e) && with_fault(e, "send:short") && again(e); },
     "a send took only part, and the program sent the same bytes again from the start. Go on after "
     "the part that was taken: bytes.remove_prefix(sent.bytes).",
     "short-send-loses-bytes"},
    {"short-send-loses-bytes", Basis::shape, "`hel` comes back, the rest never", short_send_loses,
     "a send took only some of the bytes, and the program forgot the others. Look at how many "
     "were taken, and send the rest, in a loop, or with send_all."},
};

const LessonCauses lesson{"03-byte-stream", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
