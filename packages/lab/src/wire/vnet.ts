// struct virtio_net_hdr (linux/virtio_net.h), which stands in front of every frame of a FrameSocket. Its integers have
// the machine's byte order (af_packet.c, vio_le); read here are little-endian ones.

/** `flags`: the checksum is left to us. */
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1
/** `gso_type`: UDP datagrams handed over as one. */
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5
/** A bit of `gso_type`, beside the type. */
export const VIRTIO_NET_HDR_GSO_ECN = 0x80

/** Offsets of its fields. */
export const vnet = { flags: 0, gsoType: 1, gsoSize: 4, csumStart: 6, csumOffset: 8 } as const
