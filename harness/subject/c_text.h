// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rogate::subject {

/// The format names that the drivers in a C file register, in order: of a BlockDriver's first member or .format_name.
std::vector<std::string> format_names(std::string_view c_text);

/// The prototypes of the functions in a header that tell a block layer's generation, white space made single blanks.
std::vector<std::string> api_prototypes(std::string_view header_text);

/// The names in a file's #include "..." lines, in order.
std::vector<std::string> quoted_includes(std::string_view c_text);

}  // namespace rogate::subject
