// A rectangle of a picture; an empty one holds no pixel.
struct Patch {
    unsigned top, bottom, left, right;

    __device__ __forceinline__ bool holds(Size row, Size column) const {
        return row >= top && row < bottom && column >= left && column < right;
    }
};

__device__ __forceinline__ Patch patch_at(const unsigned* words) { return {words[0], words[1], words[2], words[3]}; }
