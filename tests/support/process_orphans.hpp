// Programs that took themselves out of their group (with setsid, as a daemon does), so that ending
// the group did not end them.
#pragma once

#include <set>

namespace harness {

// While one exists, an orphan among all that this program has started becomes its child, and can be
// found. Only Linux can do that; a Windows job holds on to all its processes anyway.
class Orphans {
public:
    Orphans();
    ~Orphans();
    Orphans(const Orphans&) = delete;
    Orphans& operator=(const Orphans&) = delete;

    // Ends them. Call it only while no Process exists: for the system, that is a child too.
    void end();

private:
    std::set<long> not_ours_;  // children that we had before
};

}  // namespace harness
