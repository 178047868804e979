// The driver: memory of a size, modules, and launches that run at once.
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <string>

enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    INVALID_DEVICE = 101,
    NO_BINARY_FOR_GPU = 209,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
};

struct dim3 {
    unsigned x, y, z;
};

static std::mutex mutex;
static std::map<uintptr_t, size_t> blocks;
static size_t used;
static long launches;
static thread_local void* context;
static char the_context;

static size_t setting(const char* name, size_t otherwise) {
    const char* text = getenv(name);
    return text ? strtoull(text, nullptr, 10) : otherwise;
}

static size_t total() { return setting("EMULATED_GPU_MEMORY", size_t(1) << 30); }

// What other programs hold.
static size_t others() { return setting("EMULATED_GPU_OTHERS", 0); }

static bool is_broken() {
    static const size_t last = setting("EMULATED_GPU_FAILS_AFTER", 0);
    return last && launches >= (long)last;
}

// Whether nothing is computed: what a program takes then is its own share of the time.
static bool is_idle() {
    static const bool idle = getenv("EMULATED_GPU_IDLE");
    return idle;
}

static void note(const char* what, const char* name, size_t size) {
    static const char* path = getenv("EMULATED_GPU_LOG");
    if (!path) return;
    if (FILE* file = fopen(path, "a")) {
        fprintf(file, "%s %s %zu\n", what, name, size);
        fclose(file);
    }
}

// Whether all of these bytes belong to one allocation.
static bool is_valid(uintptr_t start, size_t size) {
    std::lock_guard<std::mutex> guard(mutex);
    auto after = blocks.upper_bound(start);
    if (after == blocks.begin()) return size == 0;
    auto block = std::prev(after);
    return size == 0 || start + size <= block->first + block->second;
}

extern "C" {

int cuInit(unsigned) {
    if (is_idle()) {
        // Blocks come from where others were freed, and hold finite numbers.
        mallopt(M_MMAP_THRESHOLD, 1 << 30);
        mallopt(M_TRIM_THRESHOLD, 1 << 30);
    }
    return total() ? SUCCESS : 100;
}

int cuDriverGetVersion(int* version) {
    *version = 12000;
    return SUCCESS;
}

int cuDeviceGetCount(int* count) {
    *count = (int)setting("EMULATED_GPU_COUNT", 1);
    return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
    if (ordinal < 0 || ordinal >= (int)setting("EMULATED_GPU_COUNT", 1)) return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}

int cuDeviceGetName(char* name, int length, int) {
    snprintf(name, length, "emulated GPU");
    return SUCCESS;
}

int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = total();
    return SUCCESS;
}

int cuMemGetInfo_v2(size_t* available, size_t* all) {
    *all = total();
    *available = *all - used - others();
    return SUCCESS;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 75: *value = 9; break;    // COMPUTE_CAPABILITY_MAJOR
        case 76: *value = 0; break;    // COMPUTE_CAPABILITY_MINOR
        case 16: *value = 4; break;    // MULTIPROCESSOR_COUNT
        case 115: *value = 1; break;   // MEMORY_POOLS_SUPPORTED
        default: *value = 0;
    }
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void** result, int) {
    *result = &the_context;
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }

int cuCtxGetCurrent(void** result) {
    *result = context;
    return SUCCESS;
}

int cuCtxSetCurrent(void* given) {
    context = given;
    return SUCCESS;
}

int cuCtxSynchronize() { return is_broken() ? ILLEGAL_ADDRESS : SUCCESS; }

int cuStreamCreate(void** stream, unsigned) {
    *stream = malloc(1);
    return SUCCESS;
}

int cuStreamDestroy_v2(void* stream) {
    free(stream);
    return SUCCESS;
}

int cuStreamSynchronize(void*) {
    note("wait", "-", 0);
    return is_broken() ? ILLEGAL_ADDRESS : SUCCESS;
}

int cuStreamWaitEvent(void*, void*, unsigned) { return SUCCESS; }

int cuEventCreate(void** event, unsigned) {
    *event = calloc(1, 1);
    return SUCCESS;
}

int cuEventDestroy_v2(void* event) {
    free(event);
    return SUCCESS;
}

int cuEventRecord(void* event, void*) {
    *(char*)event = 1;
    return SUCCESS;
}

int cuEventSynchronize(void* event) {
    // Noted when somebody waits for something that was recorded, once.
    if (*(char*)event) note("see", "-", 0);
    *(char*)event = 0;
    return is_broken() ? ILLEGAL_ADDRESS : SUCCESS;
}

int cuEventQuery(void*) { return is_broken() ? ILLEGAL_ADDRESS : SUCCESS; }

int cuMemAlloc_v2(uintptr_t* result, size_t size) {
    if (is_broken()) return ILLEGAL_ADDRESS;
    std::lock_guard<std::mutex> guard(mutex);
    if (used + size + others() > total()) return OUT_OF_MEMORY;
    note("allocate", "-", size);
    // What was there before is anybody's guess: NaN shows who reads it.
    void* memory = malloc(size + 1);
    if (!is_idle()) memset(memory, 0xff, size);
    blocks[(uintptr_t)memory] = size;
    used += size;
    *result = (uintptr_t)memory;
    return SUCCESS;
}

int cuMemFree_v2(uintptr_t memory) {
    std::lock_guard<std::mutex> guard(mutex);
    auto block = blocks.find(memory);
    if (block == blocks.end()) return INVALID_VALUE;
    used -= block->second;
    blocks.erase(block);
    free((void*)memory);
    return SUCCESS;
}

int cuMemAllocAsync(uintptr_t* result, size_t size, void*) { return cuMemAlloc_v2(result, size); }
int cuMemFreeAsync(uintptr_t memory, void*) { return cuMemFree_v2(memory); }

int cuDeviceGetDefaultMemPool(void** pool, int) {
    *pool = &the_context;
    return SUCCESS;
}

int cuMemPoolTrimTo(void*, size_t) { return SUCCESS; }

int cuMemPoolSetAttribute(void*, int, void*) { return SUCCESS; }

int cuMemPoolGetAttribute(void*, int, void* value) {
    *(uint64_t*)value = used;
    return SUCCESS;
}

int cuDeviceGetPCIBusId(char* bus, int length, int) {
    snprintf(bus, length, "0000:01:00.0");
    return SUCCESS;
}

int cuMemHostAlloc(void** memory, size_t size, unsigned) {
    *memory = malloc(size + 1);
    return SUCCESS;
}

int cuMemFreeHost(void* memory) {
    free(memory);
    return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t size, void*) {
    if (is_broken() || !is_valid(to, size)) return ILLEGAL_ADDRESS;
    note("copy", "to-device", size);
    memcpy((void*)to, from, size);
    return SUCCESS;
}

int cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t size, void*) {
    if (is_broken() || !is_valid(from, size)) return ILLEGAL_ADDRESS;
    note("copy", "to-host", size);
    memcpy(to, (void*)from, size);
    return SUCCESS;
}

int cuMemcpyDtoDAsync_v2(uintptr_t to, uintptr_t from, size_t size, void*) {
    if (is_broken() || !is_valid(to, size) || !is_valid(from, size)) return ILLEGAL_ADDRESS;
    note("copy", "on-device", size);
    memmove((void*)to, (void*)from, size);
    return SUCCESS;
}

int cuMemsetD32Async(uintptr_t to, unsigned value, size_t count, void*) {
    if (!is_valid(to, 4 * count)) return ILLEGAL_ADDRESS;
    for (size_t i = 0; i < count && !is_idle(); i++) ((unsigned*)to)[i] = value;
    return SUCCESS;
}

int cuMemsetD8Async(uintptr_t to, unsigned char value, size_t size, void*) {
    if (is_broken() || !is_valid(to, size)) return ILLEGAL_ADDRESS;
    if (!is_idle()) memset((void*)to, value, size);
    return SUCCESS;
}

int cuModuleLoadData(void** module, const void* image) {
    // Machine code of a real GPU would have no 0 at its end; this has.
    std::string text((const char*)image), mark = "emulated ";
    if (text.rfind(mark, 0)) return NO_BINARY_FOR_GPU;
    std::string library = text.substr(mark.size());
    *module = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!*module) fprintf(stderr, "emulated GPU: %s\n", dlerror());
    return *module ? SUCCESS : NO_BINARY_FOR_GPU;
}

int cuModuleUnload(void* module) {
    dlclose(module);
    return SUCCESS;
}

struct Function {
    std::string name;
    void (*launch)(dim3, dim3, void**);
};

int cuModuleGetFunction(Function** function, void* module, const char* name) {
    void* found = dlsym(module, (std::string("emulated_") + name).c_str());
    if (!found) return NOT_FOUND;
    *function = new Function{name, (void (*)(dim3, dim3, void**))found};
    return SUCCESS;
}

int cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   void*, void** arguments, void**) {
    // Kernels keep their threads and shared memory in variables of their own.
    static std::mutex one_at_a_time;
    std::lock_guard<std::mutex> guard(one_at_a_time);
    if (is_broken()) return ILLEGAL_ADDRESS;
    if (!gx || !gy || !gz || !bx || bx * by * bz > 1024 || gy > 65535 || gz > 65535 || shared) return INVALID_VALUE;
    launches++;
    note("launch", function->name.c_str(), (size_t)gx * gy * gz);
    if (!is_idle()) function->launch({gx, gy, gz}, {bx, by, bz}, arguments);
    return SUCCESS;
}

int cuGetErrorName(int error, const char** name) {
    switch (error) {
        case SUCCESS: *name = "CUDA_SUCCESS"; break;
        case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
        case INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
        case ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
        case INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
        case NO_BINARY_FOR_GPU: *name = "CUDA_ERROR_NO_BINARY_FOR_GPU"; break;
        default: *name = "CUDA_ERROR_UNKNOWN";
    }
    return SUCCESS;
}

int cuGetErrorString(int error, const char** text) { return cuGetErrorName(error, text); }
}
