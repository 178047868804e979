// The management library: one GPU, always as busy.
#include <string.h>

struct Utilization {
    unsigned gpu, memory;
};

extern "C" {

int nvmlInit_v2() { return 0; }

int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, void** device) {
    static char the_device;
    *device = &the_device;
    return strcmp(bus, "0000:01:00.0") ? 6 : 0;
}

int nvmlDeviceGetUtilizationRates(void*, Utilization* utilization) {
    *utilization = {42, 7};
    return 0;
}
}
