// cause: takes-would-block-for-the-end
// also fits: closes-too-early, does-nothing, drops-the-queue, lost-bytes, never-answers, reset-on-close, short-send-loses-bytes, tail-thrown-away
// not on Windows: it closes with bytes unread, and Wine, which runs it there, hides the reset
// The poller has found a client ready, and recv would block all the same, which happens: it thinks
// that the connection has failed.

#include <echo.hpp>

#include <array>
#include <map>
#include <string>
#include <utility>

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
        Client& one = client->second;
        const bool goes_on = one.queue.empty() ? receive(one) : send_queue(one);
        if (goes_on) return watch(client->second);
        poller_.forget(event.socket);
        clients_.erase(client);
    }

    // False: it has gone.
    bool receive(Client& client) {
        const auto got = client.connection.recv(buffer_);
        if (!got) return false;
        client.queue += echo::first(buffer_, got.bytes);
        return send_queue(client);
    }

    bool send_queue(Client& client) {
        const auto sent = client.connection.send_all(client.queue);
        client.queue.erase(0, sent.bytes);
        return sent || sent.status == echo::Status::would_block;
    }

    void watch(const Client& client) {
        poller_.change(client.connection.handle(),
                       client.queue.empty() ? echo::Interest::read : echo::Interest::write);
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
