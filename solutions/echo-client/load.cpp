// Many connections at once, each with a message under way all the time.

#include "exchange.hpp"
#include "histogram.hpp"
#include "modes.hpp"

#include <algorithm>
#include <cstdio>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace {

using namespace std::chrono_literals;

// A line on the terminal that changes as time goes by. Elsewhere there is none.
class Progress {
public:
    explicit Progress(bool wanted) : wanted_(wanted && echo::is_terminal(stderr)) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(double share, const std::string& text) {
        const auto done = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
        const std::string bar = std::string(done, '#') + std::string(width - done, '.');
        print('[' + bar + "] " + text);
        shown_ = wanted_;
    }
    void clear() {
        if (std::exchange(shown_, false)) print("");
    }

private:
    static constexpr std::size_t longest = 78, width = 30;

    void print(std::string line) const {
        if (!wanted_) return;
        line.resize(longest, ' ');
        std::fputs((line + '\r').c_str(), stderr);
        std::fflush(stderr);
    }
    const bool wanted_;
    bool shown_ = false;
};

class Load {
public:
    Load(const Options& options, const echo::Stop& stop)
        : options_(options), stop_(stop), pattern_(options.size) {
        poller_.watch(stop.handle(), echo::Interest::read);
    }

    void connect_all(Json& report);
    void run();
    void sum_up(Json& report) const;
    void check() const;

private:
    using Exchanges = std::list<Exchange>;

    void add(echo::Connection connection);
    void begin_all();
    void turn();
    void settle(Exchanges::iterator exchange);
    void watch(Exchange& exchange);
    void remove(Exchanges::iterator exchange);
    void look_at_clocks();
    double seconds() const { return std::chrono::duration<double>(took_).count(); }
    double per_second() const;

    const Options& options_;
    const echo::Stop& stop_;
    const Pattern pattern_;
    Progress progress_{!options_.json};
    echo::Poller poller_;
    Exchanges exchanges_;
    std::unordered_map<echo::Handle, Exchanges::iterator> by_socket_;
    Histogram round_trips_;
    std::string server_;
    std::size_t connections_ = 0, failed_ = 0;
    std::optional<Trouble> first_trouble_;
    bool stopped_ = false;
    echo::Deadline start_{}, end_{}, next_look_{};
    echo::Clock::duration took_{};
};

// The name is looked up once. The others go where the first one found somebody.
void Load::connect_all(Json& report) {
    add(connect(options_, report));
    const echo::Endpoint server = exchanges_.front().connection().peer();
    server_ = server.text();
    while (connections_ < options_.connections && !stop_.is_requested()) {
        add(echo::connect(server, echo::after(options_.timeout)));
        if (connections_ % 100 == 0)
            progress_.show(0, std::to_string(connections_) + " connections");
    }
    stopped_ = stop_.is_requested();
}

void Load::add(echo::Connection connection) {
    const echo::Handle socket = connection.handle();
    exchanges_.emplace_front(std::move(connection), pattern_, connections_++);
    by_socket_.emplace(socket, exchanges_.begin());
    poller_.watch(socket, exchanges_.front().watched);
}

void Load::run() {
    start_ = next_look_ = echo::Clock::now();
    end_ = start_ + options_.duration;
    begin_all();
    while (!exchanges_.empty() && !stopped_) turn();
    progress_.clear();
    took_ = echo::Clock::now() - start_;
}

void Load::begin_all() {
    for (auto next = exchanges_.begin(); next != exchanges_.end() && !stopped_;) {
        const auto exchange = next++;
        exchange->begin(options_.timeout);
        settle(exchange);
    }
}

void Load::turn() {
    for (const echo::Poller::Event& event : poller_.wait(next_look_)) {
        if (event.socket == stop_.handle()) {
            stopped_ = true;
            return;
        }
        const auto exchange = by_socket_.at(event.socket);
        exchange->step();
        settle(exchange);
    }
    if (echo::Clock::now() >= next_look_) look_at_clocks();
}

// After a step. Who has its echo begins anew, or leaves when the time is over.
void Load::settle(Exchanges::iterator exchange) {
    if (!exchange->trouble() && !exchange->is_under_way()) {
        round_trips_.add(exchange->took());
        if (echo::Clock::now() >= end_) return remove(exchange);
        exchange->begin(options_.timeout);
    }
    if (!exchange->trouble()) return watch(*exchange);
    ++failed_;
    if (!first_trouble_) first_trouble_ = exchange->trouble();
    remove(exchange);
}

void Load::watch(Exchange& exchange) {
    const echo::Interest interest = exchange.interest();
    if (std::exchange(exchange.watched, interest) != interest)
        poller_.change(exchange.connection().handle(), interest);
}

void Load::remove(Exchanges::iterator exchange) {
    const echo::Handle socket = exchange->connection().handle();
    poller_.forget(socket);
    by_socket_.erase(socket);
    exchanges_.erase(exchange);
}

// Ten times a second: who has waited too long?
void Load::look_at_clocks() {
    const echo::Deadline now = echo::Clock::now();
    for (auto next = exchanges_.begin(); next != exchanges_.end();) {
        const auto exchange = next++;
        if (exchange->due() > now) continue;
        exchange->step();  // we may be late ourselves
        if (exchange->is_under_way() && exchange->due() <= now) exchange->give_up(options_.timeout);
        settle(exchange);
    }
    took_ = now - start_;
    progress_.show(seconds() / std::chrono::duration<double>(options_.duration).count(),
                   std::to_string(round_trips_.count()) + " messages");
    next_look_ = now + 100ms;
}

double Load::per_second() const {
    return seconds() > 0 ? static_cast<double>(round_trips_.count()) / seconds() : 0;
}

void Load::sum_up(Json& report) const {
    const double bytes = per_second() * static_cast<double>(options_.size);
    report.number("connections", std::uint64_t{connections_});
    report.number("failed", std::uint64_t{failed_}).number("size", std::uint64_t{options_.size});
    report.number("seconds", seconds()).number("messages", round_trips_.count());
    report.number("messages_per_second", per_second()).number("bytes_per_second", bytes);
    if (round_trips_.count() > 0) report.object("round_trip_ms", round_trips_.json());
    report.list("histogram", round_trips_.json_rows());
    if (options_.json) return;
    char text[300];
    std::snprintf(text, sizeof text,
                  "%zu connection%s to %s, %zu bytes a message, %.1f s\n"
                  "%llu messages came back as they were sent: %.0f a second, %.2f MB/s each way",
                  connections_, connections_ == 1 ? "" : "s", server_.c_str(), options_.size,
                  seconds(), static_cast<unsigned long long>(round_trips_.count()), per_second(),
                  bytes / 1e6);
    echo::print_line(text);
    if (round_trips_.count() == 0) return;
    echo::print_line("round trip: min " + in_ms(round_trips_.min()) + ", mean " +
                     in_ms(round_trips_.mean()) + ", 50 % within " +
                     in_ms(round_trips_.quantile(0.5)) + ", 99 % " +
                     in_ms(round_trips_.quantile(0.99)) + ", max " + in_ms(round_trips_.max()));
    echo::print_line(round_trips_.rows());
}

void Load::check() const {
    if (first_trouble_)
        throw Trouble(first_trouble_->outcome(),
                      std::to_string(failed_) + " of " + std::to_string(connections_) +
                          " connections failed; the first: " + first_trouble_->what());
    if (round_trips_.count() == 0)
        throw Trouble(Outcome::not_echoing, "stopped before anything had come back");
}

}  // namespace

void put_under_load(const Options& options, Json& report) {
    echo::Stop stop;
    stop.catch_signals();
    Load load(options, stop);
    load.connect_all(report);
    load.run();
    load.sum_up(report);
    load.check();
}
