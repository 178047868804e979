// Elements from their places and back. `layout`: the number of axes, their sizes, their steps.

__device__ __forceinline__ Size place_of(Size i, const Table& layout) {
    unsigned axes = layout.at[0];
    Size place = 0;
    for (unsigned axis = axes; axis > 0; axis--) {
        unsigned size = layout.at[axis];
        place += i % size * layout.at[axes + axis];
        i /= size;
    }
    return place;
}

