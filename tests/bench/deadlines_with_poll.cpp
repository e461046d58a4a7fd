// Lesson 11's finished server, every line of it, but its poller is plain poll(2): to see what epoll
// is good for. One word of it means something else here, and nothing in it has to change.

#include <echo.hpp>

namespace echo {

class PlainPoller : public Poller {
public:
    PlainPoller() : Poller(Backend::poll) {}
};

}  // namespace echo

#define Poller PlainPoller
#include "../../solutions/11-deadlines/server.cpp"
