import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';

/** The OpenAPI description; made when all modules are there. */
@Injectable()
export class ApiDescription {
  #make: () => object = () => {
    throw new Failure('unavailable', 'the server is starting');
  };
  #made: object | undefined;

  /** Says how it is made, which happens when somebody asks first. */
  offer(make: () => object): void {
    this.#make = make;
  }

  get(): object {
    this.#made ??= this.#make();
    return this.#made;
  }
}
