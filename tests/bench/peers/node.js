// An echo server in JavaScript, for comparison: node's module net, a stream a client.
//
//     node node.js [port]
'use strict';
const net = require('net');

const server = net.createServer({ noDelay: true }, (client) => {
  client.on('error', () => client.destroy());
  client.pipe(client);
});

server.listen({ port: Number(process.argv[2] || 0), host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
