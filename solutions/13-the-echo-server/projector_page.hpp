// diagrams/projector.html as it was when this program was built, with the diagrams of lesson 13 alone.
#pragma once

#include <string>

std::string projector_page();
