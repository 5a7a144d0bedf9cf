// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rogate::patch {

/// Walks over a text line by line and knows the line's number.
class Cursor {
public:
    Cursor(std::string_view text, size_t offset_bytes);

    [[nodiscard]] bool at_end() const { return pos_ >= text_.size(); }
    /// The line here, with its line end; empty at the end.
    [[nodiscard]] std::string_view line() const { return text_.substr(pos_, length_); }
    /// The line here without "\n" or "\r\n".
    [[nodiscard]] std::string_view content() const;
    /// The `n`th line from here (0 = this one), without its line end; empty beyond the end.
    [[nodiscard]] std::string_view ahead(int n) const;
    /// Number of the line here, counted from 1.
    [[nodiscard]] size_t number() const { return number_; }
    void next();
    /// An Error of kind corrupt about the line here: "line 12: <what>".
    [[nodiscard]] Error corrupt(const std::string& what) const;

private:
    void measure();

    std::string_view text_;
    size_t pos_ = 0;
    size_t length_ = 0;
    size_t number_ = 1;
};

}  // namespace rogate::patch
