// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json_reader.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <fmt/format.h>

#include "base/text.h"

namespace rogate::report {

std::string JsonPlace::text() const
{
    const std::string before = parent ? parent->text() : std::string();
    return key ? (before.empty() ? key : before + "." + key) : parent ? fmt::format("{}[{}]", before, index) : before;
}

void JsonProblems::add(const JsonPlace& place, const std::string& what, const std::string& hint)
{
    if (!first_) {
        const std::string where = place.text();
        first_ = Error{ErrorKind::corrupt,
                       fmt::format("cannot read '{}': {}{}{}", file_, where, where.empty() ? "" : ": ", what), hint};
    }
}

Result<Json> parse_json(std::string_view text, const std::string& file)
{
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        // The library's own text begins with its name and number of the error, which help nobody here.
        const auto byte = std::min(error.byte == 0 ? 0 : error.byte - 1, text.size());
        const std::string_view before = text.substr(0, byte);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        const size_t newline = before.rfind('\n');
        return Error{ErrorKind::corrupt,
                     fmt::format("cannot read '{}': it is no JSON from line {}, byte {} on{}", file, line,
                                 newline == std::string_view::npos ? byte + 1 : byte - newline,
                                 byte >= text.size() ? ": it ends too early" : ""),
                     "a results file is what 'rogate run --json FILE' writes"};
    }
}

JsonObject::JsonObject(const Json& json, const JsonPlace& place, JsonProblems& problems)
    : place_(place), problems_(problems)
{
    if (json.is_object()) {
        json_ = &json;
    } else {
        problems_.add(place_, "it must be an object");
    }
}

const Json* JsonObject::member(const char* key, bool optional)
{
    asked_.push_back(key);
    if (!json_) {
        return nullptr;
    }
    const auto found = json_->find(key);
    if (found == json_->end()) {
        if (!optional) {
            problems_.add(place_, fmt::format("'{}' is missing", key));
        }
        return nullptr;
    }
    ++taken_;
    return &*found;
}

std::string JsonObject::text(const char* key)
{
    const Json* json = member(key);
    if (json && !json->is_string()) {
        problem(key, "it must be a text");
    }
    return json && json->is_string() ? json->get_ref<const std::string&>() : std::string();
}

std::string JsonObject::text_if_any(const char* key)
{
    const Json* json = member(key, true);
    if (json && !json->is_string()) {
        problem(key, "it must be a text");
    }
    return json && json->is_string() ? json->get_ref<const std::string&>() : std::string();
}

bool JsonObject::flag(const char* key)
{
    const Json* json = member(key);
    if (json && !json->is_boolean()) {
        problem(key, "it must be true or false");
    }
    return json && json->is_boolean() && json->get<bool>();
}

bool JsonObject::flag_if_any(const char* key)
{
    return json_ && json_->contains(key) ? flag(key) : member(key, true) != nullptr;
}

uint64_t JsonObject::number(const char* key)
{
    const Json* json = member(key);
    if (json && !json->is_number_unsigned()) {
        problem(key, "it must be a number of 0 or more");
    }
    return json && json->is_number_unsigned() ? json->get<uint64_t>() : 0;
}

int JsonObject::signed_number(const char* key)
{
    const Json* json = member(key);
    const int64_t value = json && json->is_number_integer() ? json->get<int64_t>() : 0;
    const bool fits = value >= INT_MIN && value <= INT_MAX;
    if (json && (!json->is_number_integer() || !fits)) {
        problem(key, "it must be a whole number");
    }
    return fits ? static_cast<int>(value) : 0;
}

double JsonObject::real(const char* key)
{
    const Json* json = member(key);
    const double value = json && json->is_number() ? json->get<double>() : 0;
    if (json && (!json->is_number() || !(value >= 0 && value < 1e12))) {
        problem(key, "it must be a number of 0 or more");
        return 0;
    }
    return value;
}

std::optional<uint32_t> parse_hex(std::string_view text)
{
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool lower = std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
    return error == std::errc() && end == text.data() + text.size() && text.size() <= 8 && lower ? std::optional(value)
                                                                                                 : std::nullopt;
}

uint32_t JsonObject::hex(const char* key)
{
    const auto value = hex_if_any(key);
    if (!value) {
        problems_.add(place_, fmt::format("'{}' is missing", key));
    }
    return value.value_or(0);
}

std::optional<uint32_t> JsonObject::hex_if_any(const char* key)
{
    const Json* json = member(key, true);
    if (!json) {
        return std::nullopt;
    }
    const auto value = json->is_string() ? parse_hex(json->get_ref<const std::string&>()) : std::nullopt;
    if (!value) {
        problem(key, "it must be a text of 1 to 8 lower-case hexadecimal digits");
    }
    return value;
}

std::vector<std::string> JsonObject::texts(const char* key)
{
    std::vector<std::string> all;
    const Json* list = array(key);
    for (size_t i = 0; list && i < list->size(); ++i) {
        if (!(*list)[i].is_string()) {
            const JsonPlace place = at(key);
            problems_.add({&place, nullptr, i}, "it must be a text");
            return {};
        }
        all.push_back((*list)[i].get_ref<const std::string&>());
    }
    return all;
}

std::optional<size_t> JsonObject::index_if_any(const char* key, size_t size)
{
    const Json* json = member(key, true);
    if (!json) {
        return std::nullopt;
    }
    if (!json->is_number_unsigned() || json->get<uint64_t>() >= size) {
        problem(key, fmt::format("it must be a place in a list of {}", size));
        return std::nullopt;
    }
    return json->get<size_t>();
}

const Json* JsonObject::array(const char* key)
{
    const Json* json = member(key);
    if (json && !json->is_array()) {
        problem(key, "it must be a list");
        return nullptr;
    }
    return json;
}

const Json* JsonObject::object(const char* key, bool optional)
{
    const Json* json = member(key, optional);
    if (json && !json->is_object()) {
        problem(key, "it must be an object");
        return nullptr;
    }
    return json;
}

void JsonObject::finish()
{
    if (!json_ || taken_ == json_->size()) {
        return;
    }
    const std::vector<std::string> known(asked_.begin(), asked_.end());
    for (const auto& item : json_->items()) {
        if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
            problems_.add(place_, fmt::format("unknown field '{}'", item.key()), did_you_mean(item.key(), known));
            return;
        }
    }
}

}  // namespace rogate::report
