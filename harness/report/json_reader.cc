// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json_reader.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <fmt/format.h>
#include <set>

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

Result<JsonDocument> parse_json(std::string_view text, const std::string& file)
{
    // Iterative: a file of nothing but brackets must not use up the stack.
    constexpr unsigned kHow = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
    JsonDocument document;
    document.Parse<kHow>(text.data(), text.size());
    if (!document.HasParseError()) {
        return document;
    }
    const size_t byte = std::min(document.GetErrorOffset(), text.size());
    const std::string_view before = text.substr(0, byte);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t newline = before.rfind('\n');
    return Error{ErrorKind::corrupt,
                 fmt::format("cannot read '{}': it is no JSON from line {}, byte {} on{}", file, line,
                             newline == std::string_view::npos ? byte + 1 : byte - newline,
                             byte >= text.size() ? ": it ends too early" : ""),
                 "a results file is what 'rogate run --json FILE' writes"};
}

std::string text_of(const JsonValue& json)
{
    return {json.GetString(), json.GetStringLength()};
}

JsonObject::JsonObject(const JsonValue& json, const JsonPlace& place, JsonProblems& problems)
    : place_(place), problems_(problems)
{
    if (json.IsObject()) {
        json_ = &json;
    } else {
        problems_.add(place_, "it must be an object");
    }
}

const JsonValue* JsonObject::member(const char* key, bool optional)
{
    asked_.push_back(key);
    if (!json_) {
        return nullptr;
    }
    const auto found = json_->FindMember(key);
    if (found == json_->MemberEnd()) {
        if (!optional) {
            problems_.add(place_, fmt::format("'{}' is missing", key));
        }
        return nullptr;
    }
    ++taken_;
    return &found->value;
}

std::string JsonObject::text(const char* key)
{
    const JsonValue* json = member(key);
    if (json && !json->IsString()) {
        problem(key, "it must be a text");
    }
    return json && json->IsString() ? text_of(*json) : std::string();
}

std::string JsonObject::text_if_any(const char* key)
{
    const JsonValue* json = member(key, true);
    if (json && !json->IsString()) {
        problem(key, "it must be a text");
    }
    return json && json->IsString() ? text_of(*json) : std::string();
}

bool JsonObject::flag(const char* key)
{
    const JsonValue* json = member(key);
    if (json && !json->IsBool()) {
        problem(key, "it must be true or false");
    }
    return json && json->IsBool() && json->GetBool();
}

bool JsonObject::flag_if_any(const char* key)
{
    return json_ && json_->HasMember(key) ? flag(key) : member(key, true) != nullptr;
}

uint64_t JsonObject::number(const char* key)
{
    const JsonValue* json = member(key);
    if (json && !json->IsUint64()) {
        problem(key, "it must be a number of 0 or more");
    }
    return json && json->IsUint64() ? json->GetUint64() : 0;
}

int JsonObject::signed_number(const char* key)
{
    const JsonValue* json = member(key);
    const int64_t value = json && json->IsInt64() ? json->GetInt64() : 0;
    const bool fits = value >= INT_MIN && value <= INT_MAX;
    if (json && (!json->IsInt64() || !fits)) {
        problem(key, "it must be a whole number");
    }
    return fits ? static_cast<int>(value) : 0;
}

double JsonObject::real(const char* key)
{
    const JsonValue* json = member(key);
    const double value = json && json->IsNumber() ? json->GetDouble() : 0;
    if (json && (!json->IsNumber() || !(value >= 0 && value < 1e12))) {
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
    const JsonValue* json = member(key, true);
    if (!json) {
        return std::nullopt;
    }
    const auto value = json->IsString() ? parse_hex(text_of(*json)) : std::nullopt;
    if (!value) {
        problem(key, "it must be a text of 1 to 8 lower-case hexadecimal digits");
    }
    return value;
}

std::vector<std::string> JsonObject::texts(const char* key)
{
    std::vector<std::string> all;
    const JsonValue* list = array(key);
    for (rapidjson::SizeType i = 0; list && i < list->Size(); ++i) {
        if (!(*list)[i].IsString()) {
            const JsonPlace place = at(key);
            problems_.add({&place, nullptr, i}, "it must be a text");
            return {};
        }
        all.push_back(text_of((*list)[i]));
    }
    return all;
}

std::optional<size_t> JsonObject::index_if_any(const char* key, size_t size)
{
    const JsonValue* json = member(key, true);
    if (!json) {
        return std::nullopt;
    }
    if (!json->IsUint64() || json->GetUint64() >= size) {
        problem(key, fmt::format("it must be a place in a list of {}", size));
        return std::nullopt;
    }
    return json->GetUint64();
}

const JsonValue* JsonObject::array(const char* key)
{
    const JsonValue* json = member(key);
    if (json && !json->IsArray()) {
        problem(key, "it must be a list");
        return nullptr;
    }
    return json;
}

const JsonValue* JsonObject::object(const char* key, bool optional)
{
    const JsonValue* json = member(key, optional);
    if (json && !json->IsObject()) {
        problem(key, "it must be an object");
        return nullptr;
    }
    return json;
}

void JsonObject::finish()
{
    if (!json_ || taken_ == json_->MemberCount()) {
        return;
    }
    const std::vector<std::string> known(asked_.begin(), asked_.end());
    std::set<std::string> seen;
    for (const auto& item : json_->GetObject()) {
        const std::string key = text_of(item.name);
        if (!seen.insert(key).second) {
            problems_.add(place_, fmt::format("'{}' is there twice", key));
        } else if (std::find(known.begin(), known.end(), key) == known.end()) {
            problems_.add(place_, fmt::format("unknown field '{}'", key), did_you_mean(key, known));
        }
    }
}

}  // namespace rogate::report
