/** Authorizers as expressions ask them, one question in several steps. Source: Kubernetes' authorization library. */
import { Opaque } from "./value.ts"

/** One question to an authorizer. */
export interface AuthorizationQuestion {
  readonly verb: string
  /** Absent: the requester's own rights are asked for. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  /** Of a request for no resource. */
  readonly path?: string
  readonly resource?: ResourceQuestion
}

export interface ResourceQuestion {
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly fieldSelector: string
  readonly labelSelector: string
}

export interface AuthorizationAnswer {
  readonly allowed: boolean
  readonly reason: string
  /** Why no answer could be had. */
  readonly error?: string
}

/** Answers for one requester; synchronous, as evaluation is. */
export type AskAuthorizer = (question: AuthorizationQuestion) => AuthorizationAnswer

abstract class Unequal extends Opaque {
  equals(other: Opaque): boolean {
    return other === this
  }
}

type ServiceAccount = AuthorizationQuestion["serviceAccount"]

/** The variable `authorizer`. */
export class AuthorizerValue extends Unequal {
  readonly typeName = "kubernetes.authorization.Authorizer"
  readonly ask: AskAuthorizer
  readonly serviceAccount: ServiceAccount

  constructor(ask: AskAuthorizer, serviceAccount?: ServiceAccount) {
    super()
    this.ask = ask
    this.serviceAccount = serviceAccount
  }

  decide(question: AuthorizationQuestion): DecisionValue {
    const { serviceAccount } = this
    return new DecisionValue(
      this.ask(serviceAccount === undefined ? question : { ...question, serviceAccount }),
    )
  }
}

export class PathCheckValue extends Unequal {
  readonly typeName = "kubernetes.authorization.PathCheck"
  readonly authorizer: AuthorizerValue
  readonly path: string

  constructor(authorizer: AuthorizerValue, path: string) {
    super()
    this.authorizer = authorizer
    this.path = path
  }
}

export class GroupCheckValue extends Unequal {
  readonly typeName = "kubernetes.authorization.GroupCheck"
  readonly authorizer: AuthorizerValue
  readonly group: string

  constructor(authorizer: AuthorizerValue, group: string) {
    super()
    this.authorizer = authorizer
    this.group = group
  }
}

/** Also the variable `authorizer.requestResource`. */
export class ResourceCheckValue extends Unequal {
  readonly typeName = "kubernetes.authorization.ResourceCheck"
  readonly authorizer: AuthorizerValue
  readonly question: ResourceQuestion

  constructor(authorizer: AuthorizerValue, question: ResourceQuestion) {
    super()
    this.authorizer = authorizer
    this.question = question
  }
}

export class DecisionValue extends Unequal {
  readonly typeName = "kubernetes.authorization.Decision"
  readonly answer: AuthorizationAnswer

  constructor(answer: AuthorizationAnswer) {
    super()
    this.answer = answer
  }
}
