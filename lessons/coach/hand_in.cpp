#include "hand_in.hpp"

#include "text.hpp"

#include <algorithm>
#include <random>
#include <system_error>

namespace coach {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{1} << 20;
constexpr std::size_t most_headers = 20;

// "lessons" and "." say nothing of who it is: the folder around them does.
std::string name_of(const fs::path& folder) {
    std::error_code failed;
    fs::path whole = fs::absolute(folder, failed).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    if (whole.filename() == "lessons") whole = whole.parent_path();
    return whole.filename().string();
}

// A link may lead anywhere: into another's hand-in, or to the solutions.
bool is_folder(const fs::path& path) {
    std::error_code failed;
    return fs::symlink_status(path, failed).type() == fs::file_type::directory;
}

bool is_header(const fs::path& path) {
    std::error_code failed;
    const std::string kind = path.extension().string();
    return (kind == ".hpp" || kind == ".h") &&
           fs::symlink_status(path, failed).type() == fs::file_type::regular;
}

std::string plain_text_of(const fs::path& file) {
    std::error_code failed;
    const fs::file_status status = fs::symlink_status(file, failed);
    if (status.type() == fs::file_type::not_found) throw Trouble("not handed in");
    if (status.type() != fs::file_type::regular)
        throw Trouble(file.filename().string() + " is not a plain file");
    if (fs::file_size(file, failed) > largest_file)
        throw Trouble(file.filename().string() + " is larger than 1 MiB");
    return read_file(file);
}

std::vector<fs::path> headers_in(const fs::path& folder) {
    std::vector<fs::path> headers;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed))
        if (is_header(entry->path()) && headers.size() < most_headers)
            headers.push_back(entry->path());
    return headers;
}

// A program may have taken away our right to look into its folders.
void make_removable(const fs::path& root) {
    std::error_code failed;
    for (fs::recursive_directory_iterator entry(root, failed), end; !failed && entry != end;
         entry.increment(failed))
        if (is_folder(entry->path()))
            fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, failed);
}

}  // namespace

std::vector<HandIn> hand_ins_in(const std::vector<std::string>& folders) {
    std::vector<HandIn> all;
    for (const std::string& folder : folders) all.push_back({name_of(folder), folder});
    std::vector<std::string> names;
    for (const HandIn& hand_in : all) names.push_back(hand_in.student);
    for (HandIn& hand_in : all)
        if (std::count(names.begin(), names.end(), hand_in.student) > 1)
            hand_in.student = hand_in.folder.string();
    return all;
}

fs::path lessons_in(const HandIn& hand_in, const Course& course) {
    std::error_code failed;
    if (!fs::exists(hand_in.folder, failed)) throw Trouble("no such folder");
    if (!fs::is_directory(hand_in.folder, failed)) throw Trouble("not a folder");
    for (const fs::path& place : {hand_in.folder / "lessons", hand_in.folder})
        for (const Lesson& lesson : course.lessons)
            if (is_folder(place) && is_folder(place / lesson.name)) return place;
    throw Trouble("no lessons in it");
}

Scratch::Scratch() {
    std::random_device random;
    do root_ = fs::temp_directory_path() / ("echo-hand-in-" + std::to_string(random()));
    while (!fs::create_directory(root_));  // false: someone else's
    // Nobody else has to see a student's work.
    fs::permissions(root_, fs::perms::owner_all);
    for (const fs::path& folder : {root_ / "lessons", work(), temporary()})
        fs::create_directory(folder);
}

Scratch::~Scratch() {
    std::error_code failed;
    make_removable(root_);
    fs::remove_all(root_, failed);
}

void Scratch::take(const Lesson& lesson, const fs::path& lessons) const {
    const fs::path from = lessons / lesson.name, to = root_ / lesson.folder();
    if (!is_folder(from)) throw Trouble("not handed in");
    const std::string program = plain_text_of(from / lesson.file_name());
    const std::vector<fs::path> headers = headers_in(from);
    if (headers.empty() && fingerprint(program) == lesson.starter) throw Trouble("not started");
    fs::create_directories(to);
    for (const fs::path& header : headers)
        write_file(to / header.filename(), plain_text_of(header));
    write_file(to / lesson.file_name(), program);
}

}  // namespace coach
