// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/qmp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rogate::lab {
namespace {

using Json = nlohmann::json;

/// QEMU's longest answers are lists of devices.
constexpr size_t kLineLimit = 4u << 20;
/// Events that nobody waits for; a guest can make QEMU send many.
constexpr size_t kEventLimit = 1000;

Result<Json> parse(const std::string& line)
{
    Json object = Json::parse(line, nullptr, false);
    if (!object.is_object()) {
        return Error{ErrorKind::corrupt,
                     fmt::format("QEMU's monitor said '{}', which is no JSON object", line.substr(0, 120))};
    }
    return object;
}

std::string text_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string refusal(const Json& message)
{
    const auto found = message.find("error");
    return found == message.end() || !found->is_object() ? std::string() : text_of(*found, "desc");
}

}  // namespace

Qmp::Qmp(Fd socket) : lines_(std::move(socket), "QEMU's monitor", kLineLimit) {}

Result<void> Qmp::greet(process::Clock::time_point until)
{
    auto line = lines_.next_line(until);
    if (!line) {
        return line.error();
    }
    auto greeting = parse(*line);
    if (!greeting) {
        return greeting.error();
    }
    if (!greeting->contains("QMP")) {
        return Error{ErrorKind::corrupt, fmt::format("QEMU's monitor greets with '{}'", line->substr(0, 120))};
    }
    auto answer = command("qmp_capabilities", "{}", until);
    return answer ? Result<void>() : Result<void>(answer.error());
}

Result<std::string> Qmp::command(std::string_view name, std::string_view arguments, process::Clock::time_point until,
                                 int fd)
{
    const std::string id = fmt::format("c{}", ++number_);
    const std::string words =
        fmt::format("{{\"execute\": {}, \"arguments\": {}, \"id\": \"{}\"}}\n", json_string(name), arguments, id);
    if (auto sent = lines_.send(words, until, fd); !sent) {
        return sent.error();
    }
    for (;;) {
        auto line = lines_.next_line(until);
        if (!line) {
            return line.error().while_doing(fmt::format("command '{}'", name));
        }
        auto message = parse(*line);
        if (!message) {
            return message.error();
        }
        if (const std::string event = text_of(*message, "event"); !event.empty()) {
            if (events_.size() == kEventLimit) {
                events_.pop_front();
            }
            events_.push_back(event);
            continue;
        }
        if (message->contains("error")) {
            return Error{ErrorKind::environment,
                         fmt::format("QEMU refuses the command '{}': {}", name, refusal(*message))};
        }
        if (text_of(*message, "id") == id && message->contains("return")) {
            return (*message)["return"].dump();
        }
        return Error{ErrorKind::corrupt,
                     fmt::format("QEMU's monitor answers '{}' with '{}'", name, line->substr(0, 120))};
    }
}

Result<void> Qmp::wait_event(std::string_view name, process::Clock::time_point until)
{
    while (!events_.empty()) {
        const std::string event = std::move(events_.front());
        events_.pop_front();
        if (event == name) {
            return {};
        }
    }
    for (;;) {
        auto line = lines_.next_line(until);
        if (!line) {
            return line.error().while_doing(fmt::format("waiting for the event {}", name));
        }
        auto message = parse(*line);
        if (!message) {
            return message.error();
        }
        if (text_of(*message, "event") == name) {
            return {};
        }
    }
}

std::string Qmp::field(std::string_view object, const std::string& key)
{
    const Json json = Json::parse(object, nullptr, false);
    const auto found = json.is_object() ? json.find(key) : json.end();
    if (!json.is_object() || found == json.end()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string json_string(std::string_view text)
{
    return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rogate::lab
