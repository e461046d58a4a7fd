// An echo server with libuv (Debian: libuv1-dev), for comparison: one thread, one buffer for what
// comes, and a copy only of what the system does not take at once.
//
//     uv [port]

#include <uv.h>

#include <netinet/in.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Bytes on their way out. They belong to the write until it is done.
struct Write {
    uv_write_t request;
    uv_buf_t bytes;
};

template <class Handle>
void destroy(Handle* handle) {
    delete reinterpret_cast<uv_tcp_t*>(handle);
}

void hang_up(uv_stream_t* client) {
    uv_handle_t* const handle = reinterpret_cast<uv_handle_t*>(client);
    if (!uv_is_closing(handle)) uv_close(handle, destroy<uv_handle_t>);
}

// All reads share it: what one has brought is sent, or copied, before the next.
void make_room(uv_handle_t*, std::size_t, uv_buf_t* room) {
    static char buffer[65536];
    *room = uv_buf_init(buffer, sizeof buffer);
}

void written(uv_write_t* request, int error) {
    Write* const write = reinterpret_cast<Write*>(request);
    if (error < 0) hang_up(request->handle);
    std::free(write->bytes.base);
    delete write;
}

void write_later(uv_stream_t* client, const char* bytes, std::size_t count) {
    char* const copy = static_cast<char*>(std::malloc(count));
    std::memcpy(copy, bytes, count);
    Write* const write = new Write{{}, uv_buf_init(copy, static_cast<unsigned>(count))};
    uv_write(&write->request, client, &write->bytes, 1, written);
}

void received(uv_stream_t* client, ssize_t count, const uv_buf_t* room) {
    if (count < 0) return hang_up(client);
    const uv_buf_t bytes = uv_buf_init(room->base, static_cast<unsigned>(count));
    const int took = count > 0 ? uv_try_write(client, &bytes, 1) : 0;
    const ssize_t sent = took > 0 ? took : 0;
    if (sent < count)
        write_later(client, room->base + sent, static_cast<std::size_t>(count - sent));
}

void connected(uv_stream_t* listener, int error) {
    if (error < 0) return;
    uv_tcp_t* const client = new uv_tcp_t;
    uv_tcp_init(listener->loop, client);
    uv_stream_t* const stream = reinterpret_cast<uv_stream_t*>(client);
    if (uv_accept(listener, stream) != 0) return hang_up(stream);
    uv_tcp_nodelay(client, 1);
    uv_read_start(stream, make_room, received);
}

void check(int result, const char* call) {
    if (result >= 0) return;
    std::fprintf(stderr, "%s: %s\n", call, uv_strerror(result));
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    uv_loop_t* const loop = uv_default_loop();
    uv_tcp_t listener;
    check(uv_tcp_init(loop, &listener), "uv_tcp_init");
    sockaddr_in address{};
    int size = sizeof address;
    check(uv_ip4_addr("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 0, &address), "uv_ip4_addr");
    sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
    check(uv_tcp_bind(&listener, any, 0), "uv_tcp_bind");
    check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, connected), "uv_listen");
    check(uv_tcp_getsockname(&listener, any, &size), "uv_tcp_getsockname");
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
