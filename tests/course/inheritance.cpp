// A program's sockets do not leak into the programs that it starts: a child that inherited one
// would keep the port taken, and the peer waiting, after its parent has closed it.
#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

namespace {

struct LongLivedChild {
    harness::Process process{{{ECHO_PUPPET, "hang"}, {}, false}};
};

echo::Deadline soon() { return echo::after(harness::patience()); }

}  // namespace

TEST_CASE("a child does not inherit a listener", "[inheritance]") {
    auto listener = echo::listen(echo::Endpoint::loopback(0));
    const echo::Endpoint where = listener.endpoint();
    const LongLivedChild child;
    listener.close();
    CHECK(echo::listen(where).endpoint() == where);
}

TEST_CASE("a child does not inherit a connection", "[inheritance]") {
    auto listener = echo::listen(echo::Endpoint::loopback(0));
    auto client = echo::connect(listener.endpoint(), soon());
    auto server = listener.accept();
    const LongLivedChild child;
    char byte[1];
    SECTION("an accepted one") {
        server.close();
        CHECK(client.recv(byte, soon()).status == echo::Status::end);
    }
    SECTION("a connecting one") {
        client.close();
        CHECK(server.recv(byte, soon()).status == echo::Status::end);
    }
}
