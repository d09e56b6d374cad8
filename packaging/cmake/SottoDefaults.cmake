# How every target of the project is compiled: C++20, warnings as errors, ccache, mold, one precompiled header.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_AUTOMOC ON)
# moc 6.4 stumbles over libstdc++'s attribute macros: this file tells it that they are empty.
set(CMAKE_AUTOMOC_MOC_OPTIONS --include ${CMAKE_CURRENT_LIST_DIR}/moc_macros.h)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(SOTTO_CCACHE ccache)
if(SOTTO_CCACHE)
    # Paths relative to the checkout and the precompiled header's rules let two checkouts share one cache.
    set(SOTTO_CCACHE_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        ${SOTTO_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${SOTTO_CCACHE_LAUNCHER})
    set(CMAKE_C_COMPILER_LAUNCHER ${SOTTO_CCACHE_LAUNCHER})
endif()

find_program(SOTTO_MOLD mold)
if(SOTTO_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

add_compile_options(
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    -Werror -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Without time stamps a precompiled header made again from the same text is the same file, and ccache can tell.
    add_compile_options(
        -Wno-sign-conversion -Wno-gnu-zero-variadic-macro-arguments "SHELL:-Xclang -fno-pch-timestamp")
else()
    add_compile_options(-Wno-sign-conversion -fpch-preprocess)
endif()
add_compile_definitions(
    QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_FOREACH
    QT_DISABLE_DEPRECATED_BEFORE=0x060400)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ 12 takes members of a std::variant for uninitialised once it inlines enough.
        add_compile_options(-Wno-maybe-uninitialized)
    endif()
    add_compile_options(-D_FORTIFY_SOURCE=2)
    add_link_options(-Wl,-z,relro,-z,now -pie)
endif()
if(SOTTO_CHECK_SWITCH)
    add_compile_definitions(SOTTO_CHECK_SWITCH QT_FORCE_ASSERTS)
endif()
if(SOTTO_SANITIZE)
    add_compile_options(-fsanitize=${SOTTO_SANITIZE} -fno-omit-frame-pointer)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ 12 sees uninitialised members in every variant once a sanitizer's code stands between.
        add_compile_options(-Wno-maybe-uninitialized)
    endif()
    add_link_options(-fsanitize=${SOTTO_SANITIZE})
    if(SOTTO_SANITIZE MATCHES undefined)
        add_compile_options(-fno-sanitize-recover=undefined)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            # clang 14 cannot emit this check's data for coroutines ("Cannot represent a difference across sections").
            add_compile_options(-fno-sanitize=function)
        endif()
    endif()
endif()
if(SOTTO_BUILD_FUZZERS)
    # Everything a fuzz target calls must count its branches, or the fuzzer is blind; preset fuzz sets SOTTO_SANITIZE,
    # so that it also crashes where memory is misused.
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SOTTO_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()

# sotto_library(core_base SOURCES a.cpp a.h PUBLIC core::x PRIVATE PkgConfig::Y)
# One folder, one static library, known to others as folder::name (core_base becomes core::base).
function(sotto_library target)
    cmake_parse_arguments(LIB "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${target} STATIC ${LIB_SOURCES})
    string(REGEX REPLACE "^([a-z]+)_" "\\1::" alias ${target})
    add_library(${alias} ALIAS ${target})
    target_link_libraries(${target} PUBLIC Qt6::Core ${LIB_PUBLIC} PRIVATE ${LIB_PRIVATE})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
    sotto_use_pch(${target})
endfunction()

# sotto_executable(sotto_cli OUTPUT sotto-cli SOURCES main.cpp PRIVATE core::client)
function(sotto_executable target)
    cmake_parse_arguments(EXE "" "OUTPUT" "SOURCES;PRIVATE" ${ARGN})
    add_executable(${target} ${EXE_SOURCES})
    target_link_libraries(${target} PRIVATE Qt6::Core ${EXE_PRIVATE})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
    if(EXE_OUTPUT)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME ${EXE_OUTPUT})
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    sotto_use_pch(${target})
endfunction()

# The precompiled header is built once (core/base/pch.h) and shared by every target.
function(sotto_use_pch target)
    if(TARGET sotto_pch)
        target_precompile_headers(${target} REUSE_FROM sotto_pch)
    endif()
endfunction()
