export { Arena, type InArena } from './arena.ts'
export {
  DatagramReceiver,
  DatagramSender,
  type ReceiverOptions,
  type SendCounts,
  type SenderOptions,
  SOCKADDR,
} from './datagrams.ts'
export { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, Epoll } from './epoll.ts'
export * from './errno.ts'
export { type DatagramError, ErrorQueue, keepErrors } from './error-queue.ts'
export { addressOf, FrameBatch } from './frame-batch.ts'
export { FrameRing, VNET_HEADER } from './frame-ring.ts'
export { FrameSocket, type FrameSocketOptions } from './frame-socket.ts'
export { realTime, runFirst } from './libc.ts'
export { NetworkNamespace } from './namespace.ts'
export { type FrameAbout, PacketSocket, type PacketSocketOptions } from './packet-socket.ts'
export { Poll } from './poll.ts'
export { type ConnectOptions, type Endpoint, type SocketOptions, tcpConnect, tcpListen, udpSocket } from './sockets.ts'
export { StreamBuffer, sendFrom } from './stream-buffer.ts'
export { isSysctlWritable, readSysctl, writeSysctl } from './sysctl.ts'
export {
  type Accepted,
  acceptTcp,
  connectError,
  connectTcp,
  endSending,
  listenTcp,
  localEndpoint,
  openTcp,
  resetDescriptor,
  sendBytes,
  setNoDelay,
  streamPair,
  type TcpDescriptorOptions,
} from './tcp-descriptor.ts'
export { type Datagram, type PreparedDatagrams, UdpBatch } from './udp-batch.ts'
export {
  closeDescriptor,
  openUdp,
  portOfDescriptor,
  sendDatagram,
  setDontFragment,
  socketAddress,
  type UdpDescriptorOptions,
} from './udp-descriptor.ts'
export { Wakeup } from './wakeup.ts'
