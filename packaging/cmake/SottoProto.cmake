# sotto_proto(core_wire NAMESPACE sotto::wire::schema PROTOS relay.proto ledger.proto)
# Compiles proto/*.proto of a folder and writes NAME_schema.h beside it for the strict scan (core/wire/proto_scan.h).
# Generated files are this target's alone: tests/tools/check_layers.py keeps *.pb.h out of other folders.
function(sotto_proto target)
    cmake_parse_arguments(PROTO "" "NAMESPACE" "PROTOS;IMPORTS" ${ARGN})
    set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${out})
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    file(MAKE_DIRECTORY ${out}/${folder}/proto)
    foreach(proto ${PROTO_PROTOS})
        get_filename_component(stem ${proto} NAME_WE)
        set(path ${folder}/proto/${stem})
        add_custom_command(
            OUTPUT ${out}/${path}.pb.cc ${out}/${path}.pb.h ${out}/${folder}/proto/${stem}_schema.h
            COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR} --cpp_out=${out} ${path}.proto
            COMMAND python3 ${CMAKE_SOURCE_DIR}/core/wire/generate_schema.py ${PROTO_NAMESPACE}::${stem}
                ${CMAKE_SOURCE_DIR}/${path}.proto ${out}/${folder}/proto/${stem}_schema.h
            DEPENDS ${CMAKE_SOURCE_DIR}/${path}.proto ${CMAKE_SOURCE_DIR}/core/wire/generate_schema.py
            COMMENT "Generating ${stem} messages and field table"
            VERBATIM)
        target_sources(${target} PRIVATE ${out}/${path}.pb.cc ${out}/${folder}/proto/${stem}_schema.h)
        set_source_files_properties(${out}/${path}.pb.cc PROPERTIES
            COMPILE_OPTIONS "-w" SKIP_PRECOMPILE_HEADERS ON SKIP_AUTOMOC ON)
    endforeach()
    target_include_directories(${target} SYSTEM PRIVATE ${out} ${Protobuf_INCLUDE_DIRS})
    target_link_libraries(${target} PRIVATE protobuf::libprotobuf-lite)
endfunction()
