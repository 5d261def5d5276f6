// The other side of bench/queues.py: BullMQ on Redis. Prints one JSON line for each measurement.
//   node queue.js queue PORT CALLERS COUNT
//   node queue.js serve PORT SECRET      an HTTP door that adds what it gets; prints its port
'use strict';
const http = require('http');
const { timingSafeEqual } = require('crypto');
const { Queue, Worker } = require('bullmq');

const [what, port, third, fourth] = process.argv.slice(2);
const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
const body = { document: 'Bill/Bill/004512', reason: 'push', correlation: 'c'.repeat(32) };
const WARM = 512;
// What is done leaves the queue, so that Redis stays small.
const kept = { removeOnComplete: true };

const seconds = (since) => Number(process.hrtime.bigint() - since) / 1e9;
const tell = (name, count, since) =>
  console.log(JSON.stringify({ name, per_second: count / seconds(since) }));

async function enqueue(queue, callers, count) {
  const add = async (many) => {
    let left = many;
    const one = async () => {
      while (left-- > 0) await queue.add('look', { ...body, n: left }, kept);
    };
    await Promise.all(Array.from({ length: callers }, one));
  };
  await add(WARM);
  const since = process.hrtime.bigint();
  await add(count);
  tell('enqueue', count, since);
}

async function drain(name, callers, count) {
  const since = process.hrtime.bigint();
  await new Promise((done) => {
    let finished = 0;
    const worker = new Worker(name, async () => {}, { connection, concurrency: callers });
    worker.on('completed', () => {
      if (++finished < count + WARM) return;
      tell('drain', count + WARM, since);
      worker.close().then(done);
    });
  });
}

async function run() {
  const name = `bench-${process.pid}`;
  const [callers, count] = [Number(third), Number(fourth)];
  const queue = new Queue(name, { connection });
  await queue.waitUntilReady();
  await enqueue(queue, callers, count);
  await drain(name, callers, count);
  await queue.close();
}

async function serve(secret) {
  const queue = new Queue(`door-${process.pid}`, { connection });
  await queue.waitUntilReady();
  const wanted = Buffer.from(secret);
  const proved = (shown) => {
    const found = Buffer.from(shown || '');
    return found.length === wanted.length && timingSafeEqual(found, wanted);
  };
  const answer = (response, status, told) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(told));
  };
  const server = http.createServer((request, response) => {
    if (!proved(request.headers['x-countersign-secret'])) return answer(response, 401, {});
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      const push = JSON.parse(Buffer.concat(parts));
      const jobId = `${push.Query}-${push.Id}`; // the same push again is no second job
      await queue.add('push', push, { ...kept, jobId });
      answer(response, 202, { stored: true });
    });
  });
  server.keepAliveTimeout = 60000;
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

if (what === 'serve') serve(third);
else run().then(() => process.exit(0));
