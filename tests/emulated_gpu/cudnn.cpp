// Convolutions with channels last, as far as kerust asks cuDNN 9 for them.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vector>

#include "halves.h"

enum { SUCCESS = 0, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum { NHWC = 1, CROSS_CORRELATION = 1, DEFAULT_MATH = 0, TENSOR_MATH = 1, FMA_MATH = 3, RELU = 1, IDENTITY = 5 };
enum { FLOAT = 0, HALF = 2, BFLOAT = 9 };
// Those that add up in the same order each time.
enum { FORWARD_PRECOMPUTED = 1, BACKWARD_DATA_1 = 1, BACKWARD_FILTER_1 = 1 };

struct Sizes {
    int n, c, h, w, type;
};

struct Convolution {
    int padding[2], strides[2], dilation[2], math;
};

static const size_t WORKSPACE = 1000;

static bool refuses(const char* what) {
    const char* text = getenv("EMULATED_CUDNN_REFUSES");
    return text && !strcmp(text, what);
}

static void note(const char* pass, const Convolution* by, int pictures, int type) {
    static const char* path = getenv("EMULATED_GPU_LOG");
    if (!path) return;
    if (FILE* file = fopen(path, "a")) {
        const char* how = type == FLOAT16 ? " of float16" : type == BFLOAT16_TYPE ? " of bfloat16" : by->math == FMA_MATH ? " exactly" : "";
        fprintf(file, "convolve %s%s %d\n", pass, how, pictures);
        fclose(file);
    }
}

static bool agree(const Sizes& x, const Sizes& kernel, const Convolution& by, const Sizes& y) {
    int in[] = {x.h, x.w}, window[] = {kernel.h, kernel.w}, out[] = {y.h, y.w};
    for (int axis = 0; axis < 2; axis++) {
        int last = in[axis] + 2 * by.padding[axis] - by.dilation[axis] * (window[axis] - 1) - 1;
        if (last < 0 || last / by.strides[axis] + 1 != out[axis]) return false;
    }
    bool is_float = x.type == FLOAT32;
    if (x.type != kernel.type || x.type != y.type || is_float == (by.math == TENSOR_MATH)) return false;
    return x.n == y.n && kernel.c == x.c && kernel.n == y.c;
}

// Calls `visit(pixel of the input, cell of the kernel, pixel of the output)` for all that meet.
template <class Visit>
static void each(const Sizes& x, const Sizes& kernel, const Convolution& by, const Sizes& y, Visit visit) {
    for (int n = 0; n < y.n; n++)
        for (int row = 0; row < y.h; row++)
            for (int column = 0; column < y.w; column++)
                for (int r = 0; r < kernel.h; r++)
                    for (int s = 0; s < kernel.w; s++) {
                        int from_row = row * by.strides[0] + r * by.dilation[0] - by.padding[0];
                        int from_column = column * by.strides[1] + s * by.dilation[1] - by.padding[1];
                        if (from_row < 0 || from_row >= x.h || from_column < 0 || from_column >= x.w) continue;
                        visit(((size_t)n * x.h + from_row) * x.w + from_column, r * kernel.w + s,
                              ((size_t)n * y.h + row) * y.w + column);
                    }
}

static size_t place(const Sizes& kernel, int filter, int cell, int channel) {
    return ((size_t)filter * kernel.h * kernel.w + cell) * kernel.c + channel;
}

static size_t count(const Sizes* sizes) { return (size_t)sizes->n * sizes->c * sizes->h * sizes->w; }

static std::vector<float> floats(const void* from, const Sizes* sizes) { return floats(from, sizes->type, count(sizes)); }

static void put(void* to, const Sizes* sizes, const std::vector<float>& numbers) {
    for (size_t i = 0; i < numbers.size(); i++) put_number(to, sizes->type, i, numbers[i]);
}

// Begins with what is there, times `beta`.
static int start(const char* pass, const Convolution* by, const Sizes* x, const Sizes* kernel, const Sizes* y, const void* workspace,
                 size_t bytes, const void* beta, std::vector<float>& to) {
    if (refuses("launch")) return EXECUTION_FAILED;
    if (!workspace || bytes < WORKSPACE || !agree(*x, *kernel, *by, *y)) return BAD_PARAM;
    note(pass, by, x->n, x->type);
    memset((void*)workspace, 0x7f, bytes);
    float factor = *(const float*)beta;
    for (float& number : to) number = factor == 0 ? 0 : factor * number;
    return SUCCESS;
}

static int workspace(const Sizes* x, const Sizes* kernel, const Convolution* by, const Sizes* y, size_t* bytes) {
    if (!agree(*x, *kernel, *by, *y)) return BAD_PARAM;
    if (refuses("choice")) return NOT_SUPPORTED;
    *bytes = WORKSPACE;
    return SUCCESS;
}

extern "C" {

size_t cudnnGetVersion() {
    const char* text = getenv("EMULATED_CUDNN_VERSION");
    return text ? strtoull(text, nullptr, 10) : 91002;
}

int cudnnCreate(void** handle) {
    *handle = malloc(1);
    return SUCCESS;
}

int cudnnDestroy(void* handle) {
    free(handle);
    return SUCCESS;
}

int cudnnSetStream(void*, void*) { return SUCCESS; }

int cudnnCreateTensorDescriptor(Sizes** sizes) {
    *sizes = new Sizes();
    return SUCCESS;
}

int cudnnDestroyTensorDescriptor(Sizes* sizes) {
    delete sizes;
    return SUCCESS;
}

int cudnnSetTensor4dDescriptor(Sizes* sizes, int format, int type, int n, int c, int h, int w) {
    if (format != NHWC || (type != FLOAT && type != HALF && type != BFLOAT) || n < 1 || c < 1 || h < 1 || w < 1) return BAD_PARAM;
    *sizes = {n, c, h, w, type == BFLOAT ? BFLOAT16_TYPE : type};
    return SUCCESS;
}

int cudnnCreateFilterDescriptor(Sizes** sizes) { return cudnnCreateTensorDescriptor(sizes); }
int cudnnDestroyFilterDescriptor(Sizes* sizes) { return cudnnDestroyTensorDescriptor(sizes); }

int cudnnSetFilter4dDescriptor(Sizes* sizes, int type, int format, int k, int c, int h, int w) {
    return cudnnSetTensor4dDescriptor(sizes, format, type, k, c, h, w);
}

int cudnnCreateConvolutionDescriptor(Convolution** convolution) {
    *convolution = new Convolution();
    return SUCCESS;
}

int cudnnDestroyConvolutionDescriptor(Convolution* convolution) {
    delete convolution;
    return SUCCESS;
}

int cudnnSetConvolution2dDescriptor(Convolution* to, int top, int left, int down, int right, int rows, int columns, int mode, int type) {
    if (mode != CROSS_CORRELATION || type != FLOAT || down < 1 || right < 1 || rows < 1 || columns < 1) return BAD_PARAM;
    *to = {{top, left}, {down, right}, {rows, columns}, DEFAULT_MATH};
    return SUCCESS;
}

int cudnnSetConvolutionMathType(Convolution* convolution, int math) {
    convolution->math = math;
    return SUCCESS;
}

int cudnnGetConvolutionForwardWorkspaceSize(void*, const Sizes* x, const Sizes* kernel, const Convolution* by, const Sizes* y,
                                            int algorithm, size_t* bytes) {
    return algorithm == FORWARD_PRECOMPUTED ? workspace(x, kernel, by, y, bytes) : NOT_SUPPORTED;
}

int cudnnGetConvolutionBackwardDataWorkspaceSize(void*, const Sizes* kernel, const Sizes* y, const Convolution* by, const Sizes* x,
                                                 int algorithm, size_t* bytes) {
    return algorithm == BACKWARD_DATA_1 ? workspace(x, kernel, by, y, bytes) : NOT_SUPPORTED;
}

int cudnnGetConvolutionBackwardFilterWorkspaceSize(void*, const Sizes* x, const Sizes* y, const Convolution* by, const Sizes* kernel,
                                                   int algorithm, size_t* bytes) {
    return algorithm == BACKWARD_FILTER_1 ? workspace(x, kernel, by, y, bytes) : NOT_SUPPORTED;
}

int cudnnConvolutionForward(void*, const float* alpha, const Sizes* x, const void* pictures, const Sizes* kernel, const void* kernels,
                            const Convolution* by, int algorithm, void* room, size_t bytes, const void* beta, const Sizes* y,
                            void* output) {
    if (*alpha != 1 || algorithm != FORWARD_PRECOMPUTED) return NOT_SUPPORTED;
    std::vector<float> from = floats(pictures, x), of = floats(kernels, kernel), to = floats(output, y);
    int started = start("forward", by, x, kernel, y, room, bytes, beta, to);
    if (started) return started;
    each(*x, *kernel, *by, *y, [&](size_t pixel, int cell, size_t beside) {
        for (int k = 0; k < y->c; k++)
            for (int c = 0; c < x->c; c++) to[beside * y->c + k] += from[pixel * x->c + c] * of[place(*kernel, k, cell, c)];
    });
    put(output, y, to);
    return SUCCESS;
}

int cudnnCreateActivationDescriptor(int** mode) {
    *mode = new int();
    return SUCCESS;
}

int cudnnDestroyActivationDescriptor(int* mode) {
    delete mode;
    return SUCCESS;
}

int cudnnSetActivationDescriptor(int* to, int mode, int, double) {
    *to = mode;
    return SUCCESS;
}

int cudnnConvolutionBiasActivationForward(void* handle, const float* alpha, const Sizes* x, const void* pictures, const Sizes* kernel,
                                          const void* kernels, const Convolution* by, int algorithm, void* room, size_t bytes,
                                          const float* alpha_of_more, const Sizes* more_sizes, const void* more,
                                          const Sizes* bias_sizes, const void* bias, const int* mode, const Sizes* y, void* output) {
    if (refuses("bias") || (*mode != RELU && *mode != IDENTITY)) return NOT_SUPPORTED;
    if (*alpha_of_more != 0 || count(more_sizes) != count(y) || more != output || bias_sizes->c != y->c || count(bias_sizes) != (size_t)y->c)
        return BAD_PARAM;
    if (bias_sizes->type != y->type || more_sizes->type != y->type) return BAD_PARAM;
    float zero = 0;
    int computed = cudnnConvolutionForward(handle, alpha, x, pictures, kernel, kernels, by, algorithm, room, bytes, &zero, y, output);
    if (computed) return computed;
    std::vector<float> numbers = floats(output, y), more_numbers = floats(bias, bias_sizes);
    for (size_t i = 0; i < numbers.size(); i++) {
        numbers[i] += more_numbers[i % y->c];
        if (*mode == RELU && numbers[i] < 0) numbers[i] = 0;
    }
    put(output, y, numbers);
    return SUCCESS;
}

int cudnnConvolutionBackwardData(void*, const float* alpha, const Sizes* kernel, const void* kernels, const Sizes* y, const void* output,
                                 const Convolution* by, int algorithm, void* room, size_t bytes, const void* beta, const Sizes* x,
                                 void* pictures) {
    if (*alpha != 1 || algorithm != BACKWARD_DATA_1) return NOT_SUPPORTED;
    std::vector<float> from = floats(output, y), of = floats(kernels, kernel), to = floats(pictures, x);
    int started = start("backward-data", by, x, kernel, y, room, bytes, beta, to);
    if (started) return started;
    each(*x, *kernel, *by, *y, [&](size_t pixel, int cell, size_t beside) {
        for (int k = 0; k < y->c; k++)
            for (int c = 0; c < x->c; c++) to[pixel * x->c + c] += from[beside * y->c + k] * of[place(*kernel, k, cell, c)];
    });
    put(pictures, x, to);
    return SUCCESS;
}

int cudnnConvolutionBackwardFilter(void*, const float* alpha, const Sizes* x, const void* pictures, const Sizes* y,
                                   const void* output, const Convolution* by, int algorithm, void* room, size_t bytes,
                                   const void* beta, const Sizes* kernel, void* kernels) {
    if (*alpha != 1 || algorithm != BACKWARD_FILTER_1) return NOT_SUPPORTED;
    std::vector<float> from = floats(pictures, x), beside = floats(output, y), to = floats(kernels, kernel);
    // Many small sums, of which floats would lose digits.
    std::vector<double> sums(count(kernel));
    int started = start("backward-filter", by, x, kernel, y, room, bytes, beta, to);
    if (started) return started;
    each(*x, *kernel, *by, *y, [&](size_t pixel, int cell, size_t at) {
        for (int k = 0; k < y->c; k++)
            for (int c = 0; c < x->c; c++)
                sums[place(*kernel, k, cell, c)] += (double)from[pixel * x->c + c] * beside[at * y->c + k];
    });
    for (size_t i = 0; i < sums.size(); i++) to[i] += (float)sums[i];
    put(kernels, kernel, to);
    return SUCCESS;
}
}
