#include "diagram.hpp"

#include "projector_page.hpp"
#include "run_diagram.hpp"
#include "run_page.hpp"

#include <echo.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <system_error>

namespace {

constexpr char title[] = "A run of echo-server";
constexpr char lesson[] = "13-the-echo-server";

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

[[noreturn]] void fail(const std::string& file) {
    throw echo::Error("write", echo::quote(file, 200),
                      std::error_code(errno != 0 ? errno : EIO, std::generic_category()),
                      "--diagram needs a file that can be written");
}

}  // namespace

// Like echo::trace, into a picture. As soon as a socket is closed, another thread may get its
// number for a new one, and be the first to say so. So a close is told of before it is made.
class DiagramFile::Drawing : public echo::Hook {
public:
    void before(echo::Call& call) override {
        if (call.name == "close") note(call);
    }
    void after(const echo::Call& call) override {
        if (call.name != "close") note(call);
    }
    std::string mermaid() const { return run_.mermaid(); }

private:
    void note(const echo::Call& call) {
        const std::string line = echo::describe(call);
        const std::lock_guard<std::mutex> one_at_a_time(mutex_);
        run_.add(line);
    }

    std::mutex mutex_;
    harness::RunDiagram run_{{title, false, true}};
};

DiagramFile::DiagramFile(std::string_view file) : file_(file) {
    if (file != none && !ends_with(file, ".mmd") && !ends_with(file, ".html"))
        throw echo::UsageError("--diagram " + echo::quote(file, 200) +
                               ": give a file that ends in .mmd (mermaid) or .html (a page)");
}

// Whether the file can be written is known before anybody is served; what is in it stays.
void DiagramFile::begin() {
    if (file_ == none) return;
    errno = 0;
    if (!std::ofstream(file_, std::ios::app)) fail(file_);
    drawing_ = new Drawing;  // never deleted: a socket may outlive main
    echo::add_hook(*drawing_);
}

void DiagramFile::write() const {
    if (!drawing_) return;
    std::string text = drawing_->mermaid();
    if (ends_with(file_, ".html"))
        text = harness::page_with_run(projector_page(), {title, lesson, text});
    errno = 0;
    std::ofstream out(file_, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out) return;
    const int reason = errno;
    std::remove(file_.c_str());  // half a picture is none
    errno = reason;
    fail(file_);
}
