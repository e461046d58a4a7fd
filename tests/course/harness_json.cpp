// The harness reads JSON as strictly as RFC 8259 says, so that a log that passes can be read anywhere.

#include "catch.hpp"
#include "json.hpp"

#include <string>

TEST_CASE("one object in JSON is read, and its members stand as they are", "[harness]") {
    for (const char* text :
         {"{}", " { } ", R"({"a":1})", R"({"a" : [1, -2.5e+3, 0.1, true, null, {"b":[]}]})",
          R"({"a":"\"\\\/\b\u00e9","a2":""})"}) {
        CAPTURE(text);
        CHECK(harness::json_object(text).has_value());
    }
    const auto members = harness::json_object(R"({"level":"info", "bytes": 6 , "at": {"x":1}})");
    REQUIRE(members);
    CHECK(members->size() == 3);
    CHECK(members->at("level") == "\"info\"");
    CHECK(members->at("bytes") == "6");
    CHECK(members->at("at") == "{\"x\":1}");
}

TEST_CASE("what is not one object in JSON is told from it", "[harness]") {
    for (const char* text : {"",
                             "hello",
                             "[1]",
                             "{",
                             "}",
                             R"({"a":1}{})",
                             R"({"a":1} x)",
                             R"({"a":"b"c"})",
                             R"({'a':1})",
                             R"({"a":1,})",
                             R"({"a":01})",
                             R"({"a":1.})",
                             R"({"a":-})",
                             R"({"a"})",
                             R"({"a":})",
                             R"({a:1})",
                             R"({"a":nul})",
                             R"({"a":"\x"})",
                             R"({"a":"\u12g4"})",
                             R"({"a":"b)",
                             R"({"a":[1,]})",
                             R"({"a":[1)",
                             "{\"a\":\"\t\"}",
                             "{\"a\":\"\x1b\"}"}) {
        CAPTURE(text);
        CHECK_FALSE(harness::json_object(text).has_value());
    }
    CHECK_FALSE(harness::json_object("{\"a\":" + std::string(100000, '[')).has_value());
}
