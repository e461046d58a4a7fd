// LineReader over a real connection: however the bytes are cut, whatever interrupts, and whenever
// it is asked, the lines are those of a model that has all the bytes at once.
//
// The first byte of the script is how long a line may be. Each step is a byte that says what to do,
// and what that needs.
#include "fuzz.hpp"

#include "../echo/pair.hpp"

#include <algorithm>

namespace fuzz::lines {

using echo::LineReader;
using echo::Status;

struct Expected {
    Status status;
    std::string_view text;  // good until more is sent
};

// What is sent and not yet read as lines.
class Model {
public:
    explicit Model(std::size_t longest) : longest_(longest) {}

    void send(std::string_view bytes) { sent_ += bytes; }
    void end() { ended_ = true; }

    Expected next() {
        const std::string_view bytes = std::string_view(sent_).substr(read_);
        const std::size_t end = bytes.find('\n');
        std::string_view text = bytes.substr(0, end);
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (text.size() > longest_)
            return take(Status::too_long, bytes.substr(0, longest_), longest_);
        if (end != bytes.npos) return take(Status::ok, text, end + 1);
        if (!ended_) return {Status::would_block, {}};
        return take(bytes.empty() ? Status::end : Status::cut_short, bytes, bytes.size());
    }

private:
    Expected take(Status status, std::string_view text, std::size_t count) {
        read_ += count;
        return {status, text};
    }

    std::size_t longest_;
    std::string sent_;
    std::size_t read_ = 0;
    bool ended_ = false;
};

// Lets recv take few bytes, and fail once.
class Disturb : public test::ScopedHook {
public:
    void before(echo::Call& call) override {
        if (call.name != "recv") return;
        call.length = (std::min)(call.length, at_most);
        call.error = std::exchange(error, 0);
    }
    std::size_t at_most = SIZE_MAX;
    int error = 0;
};

class Talk {
public:
    explicit Talk(Script& script)
        : script_(script), longest_(script.number() + 1), reader_(pair_.server, longest_) {
        pair_.client.set_no_delay();
    }
    // Without this each conversation would keep a port for a minute.
    ~Talk() { pair_.server.reset(); }

    void run() {
        while (!script_.is_over() && sent_ < 20000) step(script_.number());
        end();
        do check_next();
        while (last_ != Status::end);
    }

private:
    void step(unsigned what) {
        switch (what % 8) {
            case 0: return send(script_.text(script_.number()));
            case 1: return send(std::string(script_.number() * 40, 'x'));
            case 2: return send("\n");
            case 3: return send("\r\n");
            case 4: disturb_.at_most = script_.number() + 1; return;
            case 5: disturb_.error = script_.number() % 2 ? EINTR : EAGAIN; return;
            case 6: return check_reset();
            default: return check_next();
        }
    }

    void send(std::string_view bytes) {
        if (ended_) return;
        expect(bool(pair_.client.send_all(bytes, test::soon())), "can't be sent");
        sent_ += bytes.size();
        model_.send(bytes);
    }
    void end() {
        if (!std::exchange(ended_, true)) pair_.client.shutdown_send();
        model_.end();
    }

    // What is there is waited for, and what is not there is not.
    void check_next() {
        const Expected expected = model_.next();
        const bool nothing = expected.status == Status::would_block;
        const echo::Line line = reader_.next(nothing ? echo::Deadline::min() : test::soon());
        expect(line.status == expected.status, "another status", echo::name(line.status));
        expect(line.text == expected.text, "another line", line.text);
        expect(line.text.size() <= longest_ + 1, "too long", line.text);  // one for a \r
        last_ = line.status;
    }

    // Of a recv that fails nothing is lost. There may be a line without one.
    void check_reset() {
        disturb_.error = ECONNRESET;
        const echo::Line line = reader_.next(echo::Deadline::min());
        if (line.status != Status::reset) {
            expect(disturb_.error != 0, "a reset is not told", echo::name(line.status));
            const Expected expected = model_.next();
            expect(line.status == expected.status && line.text == expected.text, "another line",
                   line.text);
        }
        disturb_.error = 0;
    }

    test::Pair pair_;
    Disturb disturb_;
    Script& script_;
    std::size_t longest_;
    LineReader reader_;
    Model model_{longest_};
    std::size_t sent_ = 0;
    bool ended_ = false;
    Status last_ = Status::ok;
};

void run(std::string_view bytes) {
    Script script(bytes);
    Talk(script).run();
}

const Target target("lines", run);

}  // namespace fuzz::lines
