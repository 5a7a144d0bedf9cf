// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail/gmime.h"

#include <dlfcn.h>

namespace rogate::mail {
namespace {

constexpr const char* kName = "libgmime-3.0.so.0";

/// The library's life: from the first use to the end of the program.
class Loaded {
public:
    Loaded()
    {
        void* handle = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            missing_ = kName;
            return;
        }
        // A handle also finds the symbols of the libraries that its own needs: GLib's.
#define ROGATE_LOAD(name) load(handle, #name, lib_.name);
        ROGATE_GMIME_FUNCTIONS(ROGATE_LOAD)
#undef ROGATE_LOAD
        if (missing_.empty()) {
            lib_.g_mime_init();
        }
    }
    Loaded(const Loaded&) = delete;
    Loaded& operator=(const Loaded&) = delete;
    ~Loaded()
    {
        if (missing_.empty()) {
            lib_.g_mime_shutdown();
        }
    }

    /// The first thing that could not be loaded; empty when all is there.
    [[nodiscard]] const std::string& missing() const
    {
        return missing_;
    }
    [[nodiscard]] const Library& lib() const
    {
        return lib_;
    }

private:
    template <class Function>
    void load(void* handle, const char* name, Function& function)
    {
        function = reinterpret_cast<Function>(::dlsym(handle, name));
        if (!function && missing_.empty()) {
            missing_ = name;
        }
    }

    Library lib_;
    std::string missing_;
};

}  // namespace

Result<const Library*> library()
{
    static const Loaded loaded;
    if (!loaded.missing().empty()) {
        return Error{ErrorKind::environment, "cannot load '" + loaded.missing() + "'",
                     "install the package libgmime-3.0-0"};
    }
    return &loaded.lib();
}

}  // namespace rogate::mail
