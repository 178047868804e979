// Matrix products, column by column as cuBLAS has them.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include <vector>

#include "halves.h"

enum { SUCCESS = 0, INVALID_VALUE = 7, COMPUTE_32F = 68 };

static void note(const char* what, int m, int n, int k) {
    static const char* path = getenv("EMULATED_GPU_LOG");
    if (!path) return;
    if (FILE* file = fopen(path, "a")) {
        fprintf(file, "%s %d %d %d\n", what, m, n, k);
        fclose(file);
    }
}

static void product(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float* a, int lda, const float* b,
                    int ldb, float beta, void* c, int c_type, int ldc) {
    // `a` with each row in one piece.
    std::vector<float> rows((size_t)m * k);
    for (int i = 0; i < m; i++)
        for (int l = 0; l < k; l++) rows[(size_t)i * k + l] = transpose_a ? a[(size_t)i * lda + l] : a[(size_t)l * lda + i];
    std::vector<float> column(k);
    for (int j = 0; j < n; j++) {
        for (int l = 0; l < k; l++) column[l] = transpose_b ? b[(size_t)l * ldb + j] : b[(size_t)j * ldb + l];
        for (int i = 0; i < m; i++) {
            const float* row = &rows[(size_t)i * k];
            float parts[8] = {};
            int l = 0;
            for (; l + 8 <= k; l += 8)
                for (int part = 0; part < 8; part++) parts[part] += row[l + part] * column[l + part];
            float sum = 0;
            for (; l < k; l++) sum += row[l] * column[l];
            for (float part : parts) sum += part;
            size_t to = (size_t)j * ldc + i;
            put_number(c, c_type, to, alpha * sum + (beta == 0 ? 0 : beta * number_at(c, c_type, to)));
        }
    }
}

extern "C" {

int cublasCreate_v2(void** handle) {
    *handle = malloc(1);
    return SUCCESS;
}

int cublasDestroy_v2(void* handle) {
    free(handle);
    return SUCCESS;
}

int cublasSetStream_v2(void*, void*) { return SUCCESS; }

int cublasSetMathMode(void*, int) { return SUCCESS; }

// What a tensor core keeps of a factor.
static float rounded(float x, int compute) {
    const int SHORTER[] = {/* 16F */ 13, /* 16BF */ 16, /* TF32 */ 13};
    if (compute < 74 || compute > 77 || compute == 76) return x;
    unsigned bits, drop = SHORTER[compute == 77 ? 2 : compute - 74];
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7f800000u) != 0x7f800000u) bits = (bits + (1u << (drop - 1))) & ~((1u << drop) - 1);
    memcpy(&x, &bits, sizeof bits);
    return compute == 74 && fabsf(x) > 65504.0f ? copysignf(INFINITY, x) : x;
}

// The numbers of a matrix with `rows` columns in memory, `step` apart.
static std::vector<float> factor(const void* from, int type, long long skipped, bool transposed, int rows, int columns, int step,
                                 int compute) {
    if (transposed) std::swap(rows, columns);
    std::vector<float> numbers((size_t)step * columns);
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < rows; i++) {
            size_t at = (size_t)j * step + i;
            numbers[at] = rounded(number_at(from, type, skipped + at), compute);
        }
    return numbers;
}

int cublasGemmStridedBatchedEx(void*, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha, const void* a,
                               int a_type, int lda, long long stride_a, const void* b, int b_type, int ldb, long long stride_b,
                               const void* beta, void* c, int c_type, int ldc, long long stride_c, int count, int compute, int) {
    if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m) return INVALID_VALUE;
    // Floats, or 16 bits with sums of floats.
    if (a_type != b_type || (c_type != FLOAT32 && c_type != a_type)) return INVALID_VALUE;
    if (a_type != FLOAT32 && ((a_type != FLOAT16 && a_type != BFLOAT16_TYPE) || compute != COMPUTE_32F)) return INVALID_VALUE;
    note(a_type == FLOAT32 ? "product" : a_type == FLOAT16 ? "product of float16" : "product of bfloat16", m, n, k);
    static const bool idle = getenv("EMULATED_GPU_IDLE");
    if (idle) return SUCCESS;
    for (int i = 0; i < count; i++) {
        std::vector<float> left = factor(a, a_type, i * stride_a, transpose_a, m, k, lda, compute);
        std::vector<float> right = factor(b, b_type, i * stride_b, transpose_b, k, n, ldb, compute);
        product(transpose_a, transpose_b, m, n, k, *(const float*)alpha, left.data(), lda, right.data(), ldb, *(const float*)beta,
                (char*)c + i * stride_c * bytes_of(c_type), c_type, ldc);
    }
    return SUCCESS;
}
}
