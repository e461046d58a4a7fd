// cause: drops-the-queue
// also fits: closes-too-early, does-nothing, lost-bytes, never-answers, short-send-loses-bytes, tail-thrown-away
// It closes at the end of a stream, whatever is still queued.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

constexpr std::size_t most_queued = std::size_t{4} << 20;

struct Client {
    echo::Connection connection;
    std::string queue;
};

class Server {
public:
    explicit Server(echo::Listener listener) : listener_(std::move(listener)) {
        poller_.watch(listener_.handle(), echo::Interest::read);
    }
    [[noreturn]] void run() {
        for (;;)
            for (const echo::Poller::Event& event : poller_.wait())
                event.socket == listener_.handle() ? accept() : serve(event);
    }

private:
    void accept() {
        echo::Accepted taken = listener_.try_accept();
        if (!taken) return;
        taken.connection.set_nonblocking(true);
        const echo::Handle socket = taken.connection.handle();
        poller_.watch(socket, echo::Interest::read);
        clients_.emplace(socket, Client{std::move(taken.connection), {}});
    }

    void serve(const echo::Poller::Event& event) {
        const auto client = clients_.find(event.socket);
        const bool goes_on = event.readable ? receive(client->second) : send_queue(client->second);
        if (goes_on) return watch(client->second);
        poller_.forget(event.socket);
        clients_.erase(client);
    }

    // False: it has gone.
    bool receive(Client& client) {
        const auto got = client.connection.recv(buffer_);
        if (!got) return got.status == echo::Status::would_block;
        client.queue += echo::first(buffer_, got.bytes);
        return send_queue(client);
    }

    bool send_queue(Client& client) {
        const auto sent = client.connection.send_all(client.queue);
        client.queue.erase(0, sent.bytes);
        return sent || sent.status == echo::Status::would_block;
    }

    void watch(const Client& client) {
        echo::Interest interest = echo::Interest::both;
        if (client.queue.empty()) interest = echo::Interest::read;
        if (client.queue.size() > most_queued) interest = echo::Interest::write;
        poller_.change(client.connection.handle(), interest);
    }

    echo::Listener listener_;
    echo::Poller poller_;
    std::map<echo::Handle, Client> clients_;
    std::array<char, 65536> buffer_{};
};

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        Server(std::move(listener)).run();
    });
}
