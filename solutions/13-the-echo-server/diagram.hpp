// echo-server's option --diagram FILE: the run, drawn. It is no part of lesson 13.
#pragma once

#include <string>
#include <string_view>

class DiagramFile {
public:
    // Without a file nothing is drawn.
    static constexpr std::string_view none = "*";

    // FILE.mmd gets the source, in mermaid; FILE.html a page that shows it. Throws echo::UsageError
    // when it is called otherwise.
    explicit DiagramFile(std::string_view file);

    // Draws every call from now on. Before any thread is started. Throws echo::Error when the file
    // can't be written.
    void begin();
    // Writes what has been drawn, when all threads have ended. Throws echo::Error.
    void write() const;

private:
    class Drawing;

    std::string file_;
    Drawing* drawing_ = nullptr;
};
