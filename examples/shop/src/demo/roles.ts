export const services = ['order', 'payment', 'inventory', 'journal'] as const
/** Those that publish: each has an outbox, and a relay beside it. */
export const publishers = ['order', 'payment', 'inventory'] as const

export type ServiceName = (typeof services)[number]

/** All that runs in this shop; each may be a process of its own. */
export const roles = [...services, 'order-relay', 'payment-relay', 'inventory-relay'] as const

export type Role = (typeof roles)[number]

export const isRole = (name: string): name is Role => (roles as readonly string[]).includes(name)
export const isService = (role: Role): role is ServiceName => (services as readonly string[]).includes(role)
