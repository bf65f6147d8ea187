/** A partition to hand out: who has it now, and which members may have it. */
export interface Share<Member> {
  readonly owner: Member | undefined
  readonly eligible: readonly Member[]
}

/**
 * The owner that each partition shall have: loads differ by at most one where eligibility allows it, and no partition moves
 * that needn't. Undefined where nobody is eligible.
 */
export function balance<Member>(shares: readonly Share<Member>[]): (Member | undefined)[] {
  const loads = new Map<Member, number>()
  const load = (member: Member): number => loads.get(member) ?? 0
  const lightest = (members: readonly Member[]): Member | undefined =>
    members.reduce<Member | undefined>((best, member) => {
      return best === undefined || load(member) < load(best) ? member : best
    }, undefined)
  const give = (member: Member | undefined): Member | undefined => {
    if (member !== undefined) loads.set(member, load(member) + 1)
    return member
  }

  const owners = shares.map(({ owner, eligible }) => {
    return owner !== undefined && eligible.includes(owner) ? give(owner) : undefined
  })
  shares.forEach(({ eligible }, at) => {
    owners[at] ??= give(lightest(eligible))
  })
  for (let at = heaviest(); at !== undefined; at = heaviest()) {
    const owner = owners[at] as Member
    loads.set(owner, load(owner) - 1)
    owners[at] = give(lightest((shares[at] as Share<Member>).eligible))
  }
  return owners

  /** The partition whose move evens out most; undefined when none does. */
  function heaviest(): number | undefined {
    let most = 1
    let found: number | undefined
    shares.forEach(({ eligible }, at) => {
      const [owner, other] = [owners[at], lightest(eligible)]
      if (owner === undefined || other === undefined || load(owner) - load(other) <= most) return
      most = load(owner) - load(other)
      found = at
    })
    return found
  }
}
