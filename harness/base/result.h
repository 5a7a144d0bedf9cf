// SPDX-License-Identifier: GPL-2.0-or-later
// base: what every module uses: results and errors, text, files, units. It depends on nothing of rogate.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace rogate {

/// What a caller may branch on; the text is for people only.
enum class ErrorKind {
    usage,        ///< the request is wrong: unknown name, bad option, bad value
    not_found,    ///< a file, case, revision or tool that should be there is not
    conflict,     ///< a patch or a tree does not fit
    corrupt,      ///< outside bytes (image, patch, report) break their format
    build,        ///< a compiler or linker refused a subject
    environment,  ///< the machine: a missing package, no space, no permission
    timeout,      ///< a deadline passed
};

/// A failure: its kind, what failed on which object and why, and (second line) what to do.
struct Error {
    ErrorKind kind = ErrorKind::environment;
    std::string text;
    std::string hint = {};

    /// The same failure with what the caller was doing put in front: "<doing>: <text>".
    [[nodiscard]] Error while_doing(const std::string& doing) const { return {kind, doing + ": " + text, hint}; }
};

/// A value or an Error; member names are std::expected's, so that it can become one under C++23.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    Error& error() { return std::get<1>(state_); }
    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    Error& error() { return *error_; }
    const Error& error() const { return *error_; }

private:
    std::optional<Error> error_;
};

/// Text of an errno value, without a locale.
std::string errno_text(int err);

/// An Error of kind environment (not_found for ENOENT): "cannot <what> '<object>': <errno text>".
Error errno_error(const std::string& what, const std::string& object, int err);

}  // namespace rogate
