// SPDX-License-Identifier: GPL-2.0-or-later
// Many SHA-256 at once. The library is loaded when it is first asked for and not with the program: its start-up costs
// milliseconds, which only a large image earns back.
#include "image/sha256.h"

#include <utility>

#if defined(ROGATE_IPSEC_MB)
#define NO_COMPAT_IMB_API_053
#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#endif

namespace rogate::image {

namespace {

/// Below so many messages libcrypto is faster, since an idle lane costs as much as a busy one. By measurement: with SHA
/// instructions libcrypto takes 0.75 s/GiB, the engines 0.52 (of 2 lanes), 0.55 (of 8) and 0.21 (of 16).
size_t worth_lanes(Sha256Engine engine)
{
    switch (engine) {
    case Sha256Engine::sse:
        return 2;
    case Sha256Engine::avx2:
        return 6;
    default:
        return 5;
    }
}

Result<void> digest_alone(std::span<const uint8_t> message, Sha256& digest)
{
    Sha256Stream stream;
    stream.add(message.data(), message.size());
    auto done = stream.finish();
    if (!done) {
        return done.error();
    }
    digest = *done;
    return {};
}

#if defined(ROGATE_IPSEC_MB)

/// The functions of libIPSec_MB.so.1 that are used; what a manager does it does by pointers of its own.
struct Library {
    decltype(&::alloc_mb_mgr) alloc = nullptr;
    decltype(&::free_mb_mgr) free = nullptr;
    decltype(&::imb_get_errno) error = nullptr;
    decltype(&::init_mb_mgr_sse) init_sse = nullptr;
    decltype(&::init_mb_mgr_avx2) init_avx2 = nullptr;
    decltype(&::init_mb_mgr_avx512) init_avx512 = nullptr;

    static const Library* get()
    {
        static const Library* const loaded = load();
        return loaded;
    }

    [[nodiscard]] IMB_MGR* make(Sha256Engine engine) const
    {
        IMB_MGR* const manager = alloc(0);
        if (!manager) {
            return nullptr;
        }
        (engine == Sha256Engine::sse ? init_sse : engine == Sha256Engine::avx2 ? init_avx2 : init_avx512)(manager);
        const bool tested =
            (manager->features & IMB_FEATURE_SELF_TEST) == 0 || (manager->features & IMB_FEATURE_SELF_TEST_PASS) != 0;
        if (error(manager) == 0 && tested) {
            return manager;
        }
        free(manager);  // a processor without these instructions
        return nullptr;
    }

private:
    static const Library* load()
    {
        void* const handle = ::dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            return nullptr;
        }
        static Library library;
        const auto find = [handle](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
            return function != nullptr;
        };
        const bool whole = find(library.alloc, "alloc_mb_mgr") && find(library.free, "free_mb_mgr") &&
                           find(library.error, "imb_get_errno") && find(library.init_sse, "init_mb_mgr_sse") &&
                           find(library.init_avx2, "init_mb_mgr_avx2") &&
                           find(library.init_avx512, "init_mb_mgr_avx512");
        return whole ? &library : nullptr;
    }
};

#endif

}  // namespace

std::string_view engine_name(Sha256Engine engine)
{
    static constexpr std::string_view kNames[] = {"libcrypto", "sse", "avx2", "avx512"};
    return kNames[static_cast<size_t>(engine)];
}

#if defined(ROGATE_IPSEC_MB)

struct Sha256Lanes::Manager {
    IMB_MGR* imb;

    /// Hands one message over. A job that comes back done is the oldest one, not this one.
    bool submit(std::span<const uint8_t> message, Sha256& digest)
    {
        IMB_JOB* const job = IMB_GET_NEXT_JOB(imb);
        *job = {};
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_SHA_256;
        job->src = message.data();
        job->msg_len_to_hash_in_bytes = message.size();
        job->auth_tag_output = digest.data();
        job->auth_tag_output_len_in_bytes = digest.size();
        const IMB_JOB* const done = IMB_SUBMIT_JOB(imb);
        return !done || done->status == IMB_STATUS_COMPLETED;
    }

    bool flush()
    {
        bool ok = true;
        while (const IMB_JOB* const done = IMB_FLUSH_JOB(imb)) {
            ok = ok && done->status == IMB_STATUS_COMPLETED;
        }
        return ok;
    }
};

const std::vector<Sha256Engine>& sha256_engines()
{
    static const std::vector<Sha256Engine> engines = [] {
        std::vector<Sha256Engine> all = {Sha256Engine::libcrypto};
        for (const Sha256Engine engine : {Sha256Engine::sse, Sha256Engine::avx2, Sha256Engine::avx512}) {
            IMB_MGR* const manager = Library::get() ? Library::get()->make(engine) : nullptr;
            if (manager) {
                all.push_back(engine);
                Library::get()->free(manager);
            }
        }
        return all;
    }();
    return engines;
}

Result<Sha256Lanes> Sha256Lanes::make(Sha256Engine engine)
{
    if (engine == Sha256Engine::libcrypto) {
        return Sha256Lanes(engine, nullptr);
    }
    IMB_MGR* const imb = Library::get() ? Library::get()->make(engine) : nullptr;
    if (!imb) {
        return Error{ErrorKind::environment, "cannot compute SHA-256 by '" + std::string(engine_name(engine)) +
                                                 "': this machine has no libIPSec_MB or no such instructions"};
    }
    return Sha256Lanes(engine, new Manager{imb});
}

Sha256Lanes::~Sha256Lanes()
{
    if (manager_) {
        Library::get()->free(manager_->imb);
        delete manager_;
    }
}

#else

struct Sha256Lanes::Manager {
    bool submit(std::span<const uint8_t>, Sha256&) { return false; }
    bool flush() { return false; }
};

const std::vector<Sha256Engine>& sha256_engines()
{
    static const std::vector<Sha256Engine> engines = {Sha256Engine::libcrypto};
    return engines;
}

Result<Sha256Lanes> Sha256Lanes::make(Sha256Engine engine)
{
    return Sha256Lanes(engine, nullptr);
}

Sha256Lanes::~Sha256Lanes() = default;

#endif

Sha256Lanes::Sha256Lanes(Sha256Lanes&& other) noexcept
    : engine_(other.engine_), manager_(std::exchange(other.manager_, nullptr))
{
}

Result<void> Sha256Lanes::digest_each(std::span<const std::span<const uint8_t>> messages, std::span<Sha256> digests)
{
    bool ok = true;
    size_t done = 0;
    if (manager_ && messages.size() >= worth_lanes(engine_)) {
        for (; done < messages.size() && messages[done].size() <= kLaneBytes && !messages[done].empty(); ++done) {
            ok = manager_->submit(messages[done], digests[done]) && ok;
        }
        ok = manager_->flush() && ok;
    }
    if (!ok) {
        return Error{ErrorKind::environment, "cannot compute SHA-256: libIPSec_MB refuses it"};
    }
    for (; done < messages.size(); ++done) {
        auto alone = digest_alone(messages[done], digests[done]);
        if (!alone) {
            return alone;
        }
    }
    return {};
}

}  // namespace rogate::image
