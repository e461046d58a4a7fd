// diagrams/projector.html as it was when this program was built, with lesson 13's diagrams alone.
#pragma once

#include <string>

std::string projector_page();
