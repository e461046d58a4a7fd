// cause: event-after-close
// also fits: closes-too-early, does-nothing, ends-with-a-rude-client, lost-bytes, never-answers, no-answer, refers-to-the-loop, takes-from-an-empty-line
// not with a sanitizer: it is slow, and now and then no reset comes between the wait and the send
// not on Windows: there a reset comes to light in recv first (on Wine, at least)
// A client breaks off, and it goes by a copy of what the wait has told: the same client is writable, too.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

constexpr std::size_t most_queued = std::size_t{4} << 20;

struct Client {
    echo::Connection connection;
    std::string queue;
    bool has_finished = false;
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
        clients_[socket] = std::make_shared<Client>(Client{std::move(taken.connection), {}, false});
    }

    void serve(echo::Poller::Event event) {
        const std::shared_ptr<Client> client = clients_.at(event.socket);
        if (event.readable && !receive(*client)) remove(event.socket);
        if (event.writable && !send_queue(*client)) remove(event.socket);
        if (client->connection.is_open()) watch(*client);
    }

    void remove(echo::Handle socket) {
        poller_.forget(socket);
        clients_.at(socket)->connection.close();
        clients_.erase(socket);
    }

    // False: it has gone.
    bool receive(Client& client) {
        const auto got = client.connection.recv(buffer_);
        client.has_finished = got.status == echo::Status::end;
        if (client.has_finished) return !client.queue.empty();
        if (!got) return got.status == echo::Status::would_block;
        client.queue += echo::first(buffer_, got.bytes);
        return true;
    }

    bool send_queue(Client& client) {
        const auto sent = client.connection.send_all(client.queue);
        client.queue.erase(0, sent.bytes);
        if (client.has_finished && client.queue.empty()) return false;
        return sent || sent.status == echo::Status::would_block;
    }

    void watch(const Client& client) {
        echo::Interest interest = echo::Interest::both;
        if (client.queue.empty()) interest = echo::Interest::read;
        if (client.has_finished || client.queue.size() > most_queued)
            interest = echo::Interest::write;
        poller_.change(client.connection.handle(), interest);
    }

    echo::Listener listener_;
    echo::Poller poller_;
    std::map<echo::Handle, std::shared_ptr<Client>> clients_;
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
