// One message: is there an echo?

#include "ending.hpp"
#include "histogram.hpp"
#include "modes.hpp"
#include "outcome.hpp"

void send_message(const Options& options, Json& report) {
    const std::string_view message = options.message;
    echo::Client client(connect(options, report));
    const echo::Echoed echoed = client.echo(message, echo::after(options.timeout));
    const std::string came = options.message.substr(0, echoed.bytes) + echoed.wrong;
    report.text("sent", message).text("received", came);
    if (!options.json && !came.empty())
        echo::print_line(came.ends_with('\n') ? came.substr(0, came.size() - 1) : came);

    if (!echoed.wrong.empty())
        throw wrong(echoed.bytes, message.substr(echoed.bytes, echoed.wrong.size()), echoed.wrong);
    if (echoed.status == echo::Status::timed_out)
        throw silent(echoed.bytes, message.size(), options.timeout);
    if (!echoed) throw gone({echoed.status, echoed.bytes, echoed.error});
    report.number("round_trip_ms", to_ms(echoed.time));
    finish(client.connection(), options.timeout,
           [](std::string_view more) { throw too_much(more.size(), more); });
}
