// The softmax of attention scores, and the scores of additive attention.

// What Keras puts in the place of scores that do not count.
#define BLOCKED -1e9f

// What the query of a row sees.
struct View {
    const float* mask;
    Size step, query, window;
    int is_causal;
};

// `layout`: of the mask under all scores. A row of scores is a stretch of its last axis.
__device__ __forceinline__ View view_of(const Row& row, const float* mask, const Table& layout, Size queries, int is_causal,
                                        Size window) {
    View view;
    unsigned axes = layout.at[0];
    view.mask = mask && row.length > 0 ? mask + place_of(row.start, layout) : mask;
    view.step = axes > 0 ? layout.at[2 * axes] : 0;
    view.query = row.number % queries;
    view.window = window;
    view.is_causal = is_causal;
    return view;
}

__device__ __forceinline__ bool sees(const View& view, Size key) {
    Size distance = view.query > key ? view.query - key : key - view.query;
    return (!view.mask || view.mask[key * view.step] != 0.0f) && !(view.is_causal && key > view.query) && distance < view.window;
}

extern "C" __global__ void attend(Real* to, const float* from, const float* mask, Table layout, float scale, int is_causal, Size window,
                                  int zero_when_blind, Size queries, Size rows, Size keys, unsigned team) {
    Row row = row_of_team(rows, keys, 1, team);
    View view = view_of(row, mask, layout, queries, is_causal, window);
    float largest = -INFINITY, sum = 0.0f, seen = 0.0f;
    EACH_OF(row, key, at) {
        bool counts = sees(view, key);
        if (counts) seen = 1.0f;
        largest = larger(largest, counts ? from[at] * scale : BLOCKED);
    }
    largest = team_max(largest, row);
    EACH_OF(row, key, at) sum += settled(expf((sees(view, key) ? from[at] * scale : BLOCKED) - largest));
    sum = team_sum(sum, row);
    bool is_blind = zero_when_blind && team_max(seen, row) == 0.0f;
    EACH_OF(row, key, at) {
        float share = settled(expf((sees(view, key) ? from[at] * scale : BLOCKED) - largest)) / sum;
        to[at] = is_blind ? 0.0f : share;
    }
}

extern "C" __global__ void attend_slope(float* to, const Real* gradient, const Real* result, const float* mask, Table layout,
                                        float scale, int is_causal, Size window, Size queries, Size rows, Size keys, unsigned team,
                                        int fresh) {
    Row row = row_of_team(rows, keys, 1, team);
    View view = view_of(row, mask, layout, queries, is_causal, window);
    float dot = 0.0f;
    EACH_OF(row, key, at) dot += result[at] * gradient[at];
    dot = team_sum(dot, row);
    EACH_OF(row, key, at) give(to + at, sees(view, key) ? scale * result[at] * (gradient[at] - dot) : 0.0f, fresh);
}

// A team for each pair of a query and a key.
extern "C" __global__ void additive(float* to, const float* query, const float* key, const float* scale, Size queries, Size keys,
                                    Size rows, Size width, unsigned team) {
    Row row = row_of_team(rows, width, 1, team);
    Size of_query = row.number / keys, of_key = of_query / queries * keys + row.number % keys;
    float sum = 0.0f;
    for (Size i = row.first; i < row.length; i += team)
        sum += (scale ? scale[i] : 1.0f) * tanhf(query[of_query * width + i] + key[of_key * width + i]);
    sum = team_sum(sum, row);
    if (row.first == 0 && row.number < rows) to[row.number] = sum;
}

// A thread for each number of the queries: their gradient, and their part in that of the scale.
extern "C" __global__ void additive_query_slope(float* to, int fresh, float* of_scale, const float* gradient, const float* query,
                                                const float* key, const float* scale, Size queries, Size keys, Size width, Size count) {
    FOR_EACH(i, count);
    Size row = i / width, place = i % width;
    const float* keys_of_sample = key + row / queries * keys * width + place;
    float slope = 0.0f, product = 0.0f;
    for (Size k = 0; k < keys; k++) {
        float value = tanhf(query[i] + keys_of_sample[k * width]), g = gradient[row * keys + k];
        slope += g * (1.0f - value * value);
        product += g * value;
    }
    if (to) give(to + i, scale ? scale[place] * slope : slope, fresh);
    if (of_scale) of_scale[i] = product;
}

// A thread for each number of the keys.
extern "C" __global__ void additive_key_slope(float* to, const float* gradient, const float* query, const float* key, const float* scale,
                                              Size queries, Size keys, Size width, Size count, int fresh) {
    FOR_EACH(i, count);
    Size row = i / width, place = i % width, sample = row / keys;
    const float* queries_of_sample = query + sample * queries * width + place;
    const float* gradient_of_key = gradient + sample * queries * keys + row % keys;
    float slope = 0.0f;
    for (Size q = 0; q < queries; q++) {
        float value = tanhf(queries_of_sample[q * width] + key[i]);
        slope += gradient_of_key[q * keys] * (1.0f - value * value);
    }
    give(to + i, scale ? scale[place] * slope : slope, fresh);
}
