// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include <gmime/gmime.h>

#include "base/result.h"

namespace rogate::mail {

/// The functions of GMime and of the GLib below it in use.
#define ROGATE_GMIME_FUNCTIONS(X)               \
    X(g_convert)                                \
    X(g_date_time_get_utc_offset)               \
    X(g_date_time_to_unix)                      \
    X(g_date_time_unref)                        \
    X(g_free)                                   \
    X(g_mime_data_wrapper_write_to_stream)      \
    X(g_mime_init)                              \
    X(g_mime_message_get_from)                  \
    X(g_mime_message_get_message_id)            \
    X(g_mime_message_get_subject)               \
    X(g_mime_object_get_content_type_parameter) \
    X(g_mime_object_get_header)                 \
    X(g_mime_part_get_content)                  \
    X(g_mime_part_iter_free)                    \
    X(g_mime_part_iter_get_current)             \
    X(g_mime_part_iter_new)                     \
    X(g_mime_part_iter_next)                    \
    X(g_mime_parser_construct_message)          \
    X(g_mime_parser_new_with_stream)            \
    X(g_mime_shutdown)                          \
    X(g_mime_stream_mem_get_byte_array)         \
    X(g_mime_stream_mem_new)                    \
    X(g_mime_stream_mem_new_with_buffer)        \
    X(g_mime_text_part_get_type)                \
    X(g_mime_utils_header_decode_date)          \
    X(g_object_unref)                           \
    X(g_type_check_instance_is_a)               \
    X(internet_address_get_name)                \
    X(internet_address_list_get_address)        \
    X(internet_address_list_length)             \
    X(internet_address_list_parse)              \
    X(internet_address_mailbox_get_addr)        \
    X(internet_address_mailbox_get_type)

/// GMime, loaded and initialised. Linking it would cost each start of rogate 1.5 ms.
struct Library {
#define ROGATE_MEMBER(name) decltype(&::name) name = nullptr;
    ROGATE_GMIME_FUNCTIONS(ROGATE_MEMBER)
#undef ROGATE_MEMBER

    /// Gives a reference to a GObject back when it goes out of scope.
    template <class Object>
    [[nodiscard]] auto owned(Object* object) const
    {
        return std::unique_ptr<Object, decltype(::g_object_unref)*>(object, g_object_unref);
    }
    template <class Object>
    [[nodiscard]] bool is_a(Object* object, GType type) const
    {
        return object && g_type_check_instance_is_a(reinterpret_cast<GTypeInstance*>(object), type);
    }
};

/// Loads GMime at the first call; it is shut down when the program ends. Thread safe.
/// Errors: environment, naming the Debian package.
Result<const Library*> library();

}  // namespace rogate::mail
