"""What people do with docker-py, on the engine of DOCKER_HOST, which has busybox. The argument is a name that nobody else uses."""
import io
import sys
import tarfile
import time

import docker

name = sys.argv[1]
client = docker.from_env(timeout=60)


def same(found, wanted):
    if found != wanted:
        raise AssertionError('%r instead of %r' % (found, wanted))


def eventually(claim):
    deadline = time.time() + 30
    while not claim():
        if time.time() > deadline:
            raise AssertionError('it never came')
        time.sleep(0.05)


def tar_of(path, content):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as archive:
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


same(client.ping(), True)
same('busybox:latest' in [tag for image in client.images.list() for tag in image.tags], True)
began = int(time.time()) - 1

same(client.containers.run('busybox', 'echo hello', remove=True), b'hello\n')
try:
    client.containers.run('busybox', ['sh', '-c', 'echo oops >&2; exit 3'], remove=True)
    raise AssertionError('a failing command was none')
except docker.errors.ContainerError as error:
    same((error.exit_status, error.stderr), (3, b'oops\n'))
try:
    client.containers.get(name)
    raise AssertionError('what is not there was found')
except docker.errors.NotFound as error:
    same(error.explanation, 'No such container: ' + name)

network = client.networks.create(name, driver='bridge', labels={'of': name})
volume = client.volumes.create(name, labels={'of': name})
script = 'for i in 1 2 3; do echo line $i; done; while :; do sleep 1; done'
container = client.containers.run(
    'busybox', ['sh', '-c', script], detach=True, name=name, labels={'of': name}, environment={'COLOUR': 'red'},
    network=name, volumes={name: {'bind': '/data', 'mode': 'rw'}}, ports={'80/tcp': None}, mem_limit='64m', stop_signal='SIGKILL')
lines = container.logs(stream=True, follow=True)
same(b''.join(next(lines) for _ in range(3)), b'line 1\nline 2\nline 3\n')
container.reload()
same(container.status, 'running')
same(container.ports['80/tcp'][0]['HostPort'].isdigit(), True)

same(tuple(container.exec_run(['sh', '-c', 'echo $COLOUR; exit 4'])), (4, b'red\n'))
same(container.exec_run(['sh', '-c', 'echo out; echo err >&2'], demux=True).output, (b'out\n', b'err\n'))
same(b''.join(container.exec_run('cat /etc/hostname', stream=True).output), container.id[:12].encode() + b'\n')
typed = client.api.exec_create(container.id, 'cat', stdin=True)
socket = client.api.exec_start(typed['Id'], socket=True)
socket._sock.sendall(b'typed')
frame = b''
while len(frame) < 8 + 5:
    frame += socket.read(8 + 5 - len(frame))
same(frame[8:], b'typed')
socket._sock.close()

same(container.put_archive('/data', tar_of('greeting', b'hello from outside')), True)
chunks, stat = container.get_archive('/data/greeting')
with tarfile.open(fileobj=io.BytesIO(b''.join(chunks))) as archive:
    same(archive.extractfile('greeting').read(), b'hello from outside')
same((stat['name'], stat['size']), ('greeting', 18))

figures = next(container.stats(stream=True, decode=True))
same(figures['memory_stats']['limit'], 64 * 1024 * 1024)
same([row for row in container.top()['Processes'] if 'line $i' in ' '.join(row)] != [], True)
image = container.commit(repository=name, tag='1')
same(image.tags, [name + ':1'])
client.images.remove(name + ':1')

container.pause()
container.reload()
same(container.status, 'paused')
container.unpause()
container.restart(timeout=1)
container.stop(timeout=1)
same(container.wait()['StatusCode'], 137)
same([one.name for one in client.containers.list(all=True, filters={'label': 'of=' + name, 'status': 'exited'})], [name])
container.remove()
eventually(lambda: not client.networks.get(name).containers)
network.remove()
same([one.name for one in client.volumes.list(filters={'label': 'of=' + name})], [name])
volume.remove()

# The first pause is that of commit.
wanted = ['create', 'pause', 'unpause', 'pause', 'unpause', 'restart', 'destroy']
told = client.events(since=began, until=int(time.time()) + 1, decode=True, filters={'label': 'of=' + name, 'type': 'container'})
same([event['Action'] for event in told if event['Action'] in wanted], wanted)
print('all done')
