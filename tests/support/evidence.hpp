// What a failed test saw: what was expected and what came, how the connection and the program
// ended, and what the program did when the test, after the failure, tried a few things to find the
// reason.
#pragma once

#include "process.hpp"
#include "trace_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace harness {

struct Evidence {
    // What the test waited for when it went wrong.
    enum class Wanted {
        start,          // the program's first line
        connection,     // a connection with the program
        bytes,          // these bytes
        end_of_stream,  // the end of the program's stream, and nothing before it
        parting,        // that it has a limit to what it still reads after its goodbye
        survival,       // that the program lives on after a rude client
        patience,       // that a client waits for the rest of its echo
        printed,        // these bytes on a client's standard output
        exit,           // a client's exit code
        complaint,      // one line on a client's standard error
        port,           // that a server listens on the port that it was told
        refusal,        // that a server does not start, and says why
        log,            // a line on standard error that names this client
        escaped,        // that nothing which a client sent stands there as it is
        descriptors,    // that it has no more of them open than before
        holdings,       // that it holds no more than before: threads, memory
        no_seat,        // that one client more than its limit waits in line, or is told why not
        thin_line,      // that those in line cost it no threads
        calm,           // that it stays calm, and says so, when it has no descriptor left
        few_threads,    // that it serves a crowd without a thread or a process for each
        idleness,       // that it does nothing while nobody says anything
        service,        // that it serves its clients while it can accept nobody
        fairness,       // that it serves all whom a poll has found ready
        bounds,         // that what it keeps for a client that does not read has a bound
        forgetting,     // that it closes no socket that a poller still watches
        turns,          // that each client has its turn, however much another one sends
        let_go,         // that a client that moves too little is let go, in time
        stay,           // that one that moves enough is not
        own_end,        // that it ends by itself, with exit code 0, after it was asked to stop
        end_at_once,    // that it ends at once when it is asked a second time
        last_word,      // that it says on standard error that it stops
        closed_door,    // that nobody new is taken in then, or kept waiting
        fate,           // that one in line is served then, or its connection ends
        reached,        // that it is reached at this address
        not_reached,    // that it is not reached there
        first_line,     // that its first line tells who can reach it, and how to restrict that
        many_threads,   // that it has as many threads as it was told
        json_log,       // that each line of its log is an object in JSON
        silent_log,     // that its log leaves out what is less grave than it was told
        summary,        // that in the end it says how many clients and bytes there were
    };
    Wanted wanted = Wanted::bytes;
    std::string lesson;  // whose test it is; empty: not known
    bool program_is_client = false;
    std::string faults;  // ECHO_FAULTS as the program understood it; empty: none
    // What the program had been through before.
    struct Past {
        int clients = 0;               // that had connected
        bool rude = false;             // one of them had broken off
        bool restarted = false;        // it had run before on this port, with a client to the end
        bool beside = false;           // another one runs at the same time, on a port of its own
        bool interrupted = false;      // signals had come while it waited
        bool few_threads = false;      // the system lets it have only a few of them
        bool options = false;          // there was more on its command line than its port
        bool options_first = false;    // it was before it, as its usage has it
        int seats = 0;                 // so many clients it has to serve at once; 0: not said
        int seated = 0;                // so many it did serve at once, as far as the test tried
        bool few_descriptors = false;  // it may not have as many as it has clients
        int left = 0;                  // clients that had closed or broken off
        int not_reading = 0;           // clients that send, and do not read what comes back
        bool idle = false;             // it was told how long a client may move too little
        int let_go = 0;                // clients that it had let go for that
        int threads = 0;               // it was told to have so many of them; 0: not said
        bool drain = false;            // it was told how long its end may take
        int asked_to_stop = 0;         // so many times
        bool in_line = false;          // this client had not been accepted when it was asked
    };
    Past past;
    // Why a server was not to start.
    enum class Refusal {
        none,
        bad_port,
        word_too_many,
        port_taken,
        failed_call,
        bad_limit,
        bad_duration,
        bad_pace,
        bad_option  // any other one: `refused_word` is its name
    };
    Refusal refusal = Refusal::none;
    std::string refused_word;  // of its command line, that it could not have

    // The bytes of the whole conversation so far. `sent` is the test's, one element a send; a long
    // conversation's are joined to one.
    std::vector<std::string> sent;
    std::string expected;
    std::string got;
    std::size_t difference = 0;     // where got goes wrong; judge() finds it
    bool finished_sending = false;  // the test had ended its own stream
    // What is said instead of bytes where the test did not wait for bytes.
    std::string expected_text;
    std::string got_text;

    enum class Stream { open, ended, reset };
    Stream stream = Stream::open;
    bool busy = false;     // the program was busy while the test waited
    bool flooded = false;  // and wrote line after line on standard error

    // The other clients that were connected.
    struct Others {
        int count = 0;
        std::string sent;    // the last bytes of each
        std::string astray;  // what came to them beyond what is theirs
    };
    Others others;
    // Of what it holds more than before.
    enum class Holding { none, threads, processes, memory, reserved };
    Holding holding = Holding::none;

    // How the client went about it that was to be let go, or to stay.
    enum class Manner { none, silent, dribbles, reads_nothing, active, half_and_half };
    Manner manner = Manner::none;
    // Of one that was let go, in stretches of the server's --idle.
    double quiet = 0;          // since it last moved enough
    double stayed = 0;         // since it came
    bool at_one_time = false;  // and so was another one, that had come at another time
    bool anothers = false;     // just when another one would have been due, who had left before
    // Of one that was not: it was in the end; as soon as another one talked.
    bool late = false;
    bool woken = false;
    bool in_company = false;            // and another client was talking meanwhile
    bool takes_it_for_seconds = false;  // as another one was that came to a server with --idle 1s
    // One that was asked to stop ended before the time that it was told, and a client was still owed
    // something.
    bool gave_up_early = false;
    bool had_talked = false;  // as the others that stayed; those that never had are gone

    // What its summary has wrong.
    enum class Count { none, clients, bytes };
    Count miscounted = Count::none;

    // What the test tried after bytes had been missing, and what came then: see Experiment.
    struct Trial {
        std::string experiment;
        std::string sent;
        std::string came;
        bool ended = false;  // the program's stream ended then
    };
    std::vector<Trial> trials;

    // The program.
    std::optional<std::size_t> threads;    // at the end, and processes that it had started
    std::optional<std::size_t> children;   // none: it had ended, or the system does not tell
    std::optional<Sleeper::In> sleeps_in;  // its only thread, before the test tried anything
    std::optional<Ending> ending;          // none: it was still running
    std::string output;
    std::string errors;
    std::string trace;
    std::vector<TracedCall> calls;  // those in the trace; judge() reads them
    std::string start_failure;      // the text of a StartFailure
    std::string listens_elsewhere;  // found there instead: "[::1]:7777"

    // The client that its log was to name, or to which something was to come: "127.0.0.1" and
    // "48418". Or where the program was to be reached, or not.
    std::string address;
    std::string port;
};

}  // namespace harness
