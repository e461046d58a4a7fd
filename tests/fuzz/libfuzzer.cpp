// Lets libFuzzer run the one target that is linked with this. A Finding is not caught by anybody,
// so it ends the program, and libFuzzer keeps the bytes.
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Target::first->run({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
