// The compiler of kernels: the C++ compiler, and a library in the place of PTX.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

struct Program {
    std::string source, log, library;
    // Whether it was asked for machine code.
    bool exact;
};

enum { SUCCESS = 0, INVALID_INPUT = 3, INVALID_PROGRAM = 4, INVALID_OPTION = 5, COMPILATION = 6 };

static std::string read(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// A function for each kernel that takes its arguments as the driver gets them.
static std::string launchers(const std::string& source) {
    std::regex kernel("__global__\\s+void\\s+(?:__launch_bounds__\\([^)]*\\)\\s*)?(\\w+)\\s*\\(");
    std::string text;
    for (std::sregex_iterator found(source.begin(), source.end(), kernel), end; found != end; ++found) {
        std::string name = (*found)[1];
        text += "static void emulated_body_" + name + "(void** given) { emulated::call(" + name + ", given); }\n";
        text += "extern \"C\" void emulated_" + name + "(dim3 grid, dim3 block, void** given) { emulated::run(emulated_body_" + name +
                ", grid, block, given); }\n";
    }
    return text;
}

extern "C" {

int nvrtcCreateProgram(Program** program, const char* source, const char*, int headers, const char**, const char**) {
    if (headers) return INVALID_INPUT;
    *program = new Program{source, "", "", false};
    return SUCCESS;
}

int nvrtcGetNumSupportedArchs(int* count) {
    *count = 2;
    return SUCCESS;
}

int nvrtcGetSupportedArchs(int* archs) {
    const char* newest = getenv("EMULATED_GPU_NEWEST");
    archs[0] = 70;
    archs[1] = newest ? atoi(newest) : 90;
    return SUCCESS;
}

int nvrtcCompileProgram(Program* program, int count, const char** options) {
    std::string exact = "--gpu-architecture=sm_";
    int archs[2], arch = 0;
    nvrtcGetSupportedArchs(archs);
    for (int i = 0; i < count; i++) {
        std::string option = options[i];
        if (option.rfind("--gpu-architecture=", 0)) continue;
        program->exact = !option.rfind(exact, 0);
        arch = atoi(option.c_str() + option.find('_') + 1);
    }
    if (arch != archs[0] && arch != archs[1]) {
        program->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)";
        return INVALID_OPTION;
    }
    const char* header = getenv("EMULATED_GPU_HEADER");
    char folder[] = "/tmp/emulated-gpu-XXXXXX";
    if (!header || !mkdtemp(folder)) {
        program->log = "EMULATED_GPU_HEADER must name kernel.h";
        return COMPILATION;
    }
    std::string base = folder, source = base + "/kernels.cpp", library = base + "/kernels.so", log = base + "/log";
    const char* given = getenv("CXX");
    std::string compiler = given ? given : "c++", expanded = base + "/expanded";
    // Some kernels are made by macros.
    std::ofstream(source) << program->source;
    int status = system((compiler + " -E -P -o " + expanded + " " + source + " 2>" + log).c_str());
    std::string text = read(expanded);
    unlink(expanded.c_str());
    std::ofstream(source) << "#include \"" << header << "\"\n#line 1 \"kernels\"\n" << text << "\n" << launchers(text);
    // Products and sums are not fused, so that a result does not depend on the processor.
    std::string command = compiler +
                          " -std=c++17 -O2 -fno-strict-aliasing -ffp-contract=off -U_FORTIFY_SOURCE -w -shared -fPIC -o " + library +
                          " " + source + " 2>" + log;
    if (!status) status = system(command.c_str());
    program->log = read(log);
    unlink(source.c_str());
    unlink(log.c_str());
    if (status) {
        rmdir(folder);
        return COMPILATION;
    }
    program->library = "emulated " + library;
    return SUCCESS;
}

int nvrtcGetPTXSize(Program* program, size_t* size) {
    *size = program->library.size() + 1;
    return SUCCESS;
}

int nvrtcGetPTX(Program* program, char* ptx) {
    strcpy(ptx, program->library.c_str());
    return SUCCESS;
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
    if (!program->exact) return INVALID_PROGRAM;
    return nvrtcGetPTXSize(program, size);
}

int nvrtcGetCUBIN(Program* program, char* code) {
    if (!program->exact) return INVALID_PROGRAM;
    return nvrtcGetPTX(program, code);
}

int nvrtcGetProgramLogSize(Program* program, size_t* size) {
    *size = program->log.size() + 1;
    return SUCCESS;
}

int nvrtcGetProgramLog(Program* program, char* log) {
    strcpy(log, program->log.c_str());
    return SUCCESS;
}

int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return SUCCESS;
}

int nvrtcVersion(int* major, int* minor) {
    *major = 12;
    *minor = 0;
    return SUCCESS;
}
}
