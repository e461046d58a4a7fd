// Messages one after the other, and how long each took: ping, with TCP.

#include "exchange.hpp"
#include "histogram.hpp"
#include "modes.hpp"

#include <algorithm>
#include <utility>

namespace {

class Ping {
public:
    Ping(const Options& options, echo::Connection connection, const echo::Stop& stop)
        : options_(options),
          stop_(stop),
          pattern_(options.size),
          exchange_(std::move(connection), pattern_, 0),
          server_(exchange_.connection().peer().text()) {
        poller_.watch(stop.handle(), echo::Interest::read);
        poller_.watch(exchange_.connection().handle(), exchange_.watched);
    }
    ~Ping() { poller_.forget(exchange_.connection().handle()); }

    void run();
    void sum_up(Json& report) const;
    void check() const;

private:
    bool goes_on() const { return !stopped_ && !exchange_.trouble(); }
    void wait(echo::Deadline deadline);
    void await_outcome();
    void pause(echo::Deadline until);
    void note_echo();

    const Options& options_;
    const echo::Stop& stop_;
    const Pattern pattern_;
    Exchange exchange_;
    const std::string server_;
    echo::Poller poller_;
    Histogram round_trips_;
    std::uint64_t sent_ = 0;
    bool stopped_ = false;
};

void Ping::run() {
    while (goes_on() && sent_ < options_.count) {
        const echo::Deadline next = echo::after(options_.interval);
        ++sent_;
        exchange_.begin(options_.timeout);
        await_outcome();
        if (goes_on()) note_echo();
        if (sent_ < options_.count) pause(next);
    }
    if (!goes_on()) return;
    exchange_.end(options_.timeout);
    await_outcome();
}

// For the server, or for Ctrl-C.
void Ping::wait(echo::Deadline deadline) {
    const echo::Interest interest = exchange_.interest();
    const echo::Handle socket = exchange_.connection().handle();
    if (std::exchange(exchange_.watched, interest) != interest) poller_.change(socket, interest);
    for (const echo::Poller::Event& event : poller_.wait(deadline)) {
        if (event.socket == stop_.handle()) stopped_ = true;
        if (event.socket == socket) exchange_.step();
    }
}

void Ping::await_outcome() {
    while (exchange_.is_under_way() && !stopped_) {
        wait(exchange_.due());
        const bool late = echo::Clock::now() >= exchange_.due();
        if (late && exchange_.is_under_way()) exchange_.give_up(options_.timeout);
    }
}

// Nothing should come meanwhile; should it come, that is noticed.
void Ping::pause(echo::Deadline until) {
    while (goes_on() && echo::Clock::now() < until) wait(until);
}

void Ping::note_echo() {
    round_trips_.add(exchange_.took());
    if (!options_.json)
        echo::print_line(std::to_string(options_.size) + " bytes from " + server_ + ": echo " +
                         std::to_string(sent_) + " of " + std::to_string(options_.count) + ", " +
                         in_ms(exchange_.took()));
}

void Ping::sum_up(Json& report) const {
    const std::uint64_t came = round_trips_.count();
    report.number("size", std::uint64_t{options_.size}).number("sent", sent_);
    report.number("received", came);
    if (came > 0) report.object("round_trip_ms", round_trips_.json());
    if (options_.json) return;
    echo::print_line(std::to_string(sent_) + " sent, " + std::to_string(came) +
                     " came back as they were sent");
    if (came > 0)
        echo::print_line("round trip: min " + in_ms(round_trips_.min()) + ", mean " +
                         in_ms(round_trips_.mean()) + ", 99 % within " +
                         in_ms(round_trips_.quantile(0.99)) + ", max " + in_ms(round_trips_.max()));
}

void Ping::check() const {
    if (exchange_.trouble()) throw Trouble(*exchange_.trouble());
    if (round_trips_.count() == 0)
        throw Trouble(Outcome::not_echoing, "stopped before anything had come back");
}

}  // namespace

void ping(const Options& options, Json& report) {
    echo::Stop stop;
    stop.catch_signals();
    Ping ping(options, connect(options, report), stop);
    ping.run();
    ping.sum_up(report);
    ping.check();
}
