# Makes a C++ file out of the projector's page, so that an installed echo-server has it, too:
#
#     cmake -D PAGE=diagrams/projector.html -D OUTPUT=projector_page.cpp -P projector_page.cmake
#
# Of its diagrams it keeps lesson 13's, beside which a run is shown.

cmake_minimum_required(VERSION 3.20)
file(READ ${PAGE} rest)
string(REPLACE "\r" "" rest "${rest}")

# Each diagram is one line that begins so.
set(mark "<script type=\"application/json\" class=\"diagram\" data-name=\"")
set(page "")
while(TRUE)
    string(FIND "${rest}" "${mark}" at)
    if(at EQUAL -1)
        break()
    endif()
    string(SUBSTRING "${rest}" 0 ${at} before)
    string(SUBSTRING "${rest}" ${at} -1 rest)
    string(FIND "${rest}" "\n" end)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${rest}" 0 ${end} line)
    string(SUBSTRING "${rest}" ${end} -1 rest)
    string(FIND "${line}" "${mark}13-" of_13)
    if(NOT of_13 EQUAL 0)
        set(line "")
    endif()
    string(APPEND page "${before}${line}")
endwhile()
file(WRITE ${OUTPUT}.html "${page}${rest}")

# Visual Studio takes no string of more than 16 KB: these have 4000 bytes.
file(READ ${OUTPUT}.html bytes HEX)
string(LENGTH "${bytes}" length)
set(pieces "")
foreach(at RANGE 0 ${length} 8000)
    string(SUBSTRING "${bytes}" ${at} 8000 piece)
    string(REGEX REPLACE "(..)" "\\\\x\\1" piece "${piece}")
    string(APPEND pieces "        \"${piece}\",\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by projector_page.cmake.
#include \"projector_page.hpp\"

std::string projector_page() {
    constexpr const char* pieces[] = {
${pieces}    };
    std::string page;
    for (const char* const piece : pieces) page += piece;
    return page;
}
")
